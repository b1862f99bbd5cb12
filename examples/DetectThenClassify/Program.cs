using DetectThenClassify;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.TorchSharp;
using Microsoft.ML.TorchSharp.AutoFormerV2;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Training;

// ML.NET's object detection (Microsoft.ML.TorchSharp) finds the bird, ProtoPNet says which it is and why, on that part of the photograph only:
//     dotnet run -c Release --project examples/DetectThenClassify -- [--random-weights]
string output = Path.GetFullPath(Path.Combine("artifacts", "detect-then-classify")), folder = Path.Combine(output, "birds");
ImageDataset birds = Directory.Exists(folder) ? ProceduralBirds.Load(folder)
    : ProceduralBirds.Write(folder, new BirdOptions { Species = 3, TrainPerSpecies = 8, TestPerSpecies = 3, Size = 96 });
var ml = new MLContext(seed: 1);
if (args is ["--random-weights"]) DetectorWeights.WriteRandom(ml, output);
if (!DetectorWeights.AreThere(ml)) return 2;

// Detect. One kind of object: a bird. (Its trainer wants boxes as left, top, width, height; its predictions are corners.)
IDataView train = ml.Data.LoadFromEnumerable(birds.Train.Select(Seen.Of)), test = ml.Data.LoadFromEnumerable(birds.Test.Select(Seen.Of));
ITransformer load = ml.Transforms.Conversion.MapValueToKey("Objects")
    .Append(ml.Transforms.LoadPhotographs("Image", birds.Folder, "ImagePath"))
    .Fit(train);
ObjectDetectionTransformer detector = ml.MulticlassClassification.Trainers.ObjectDetection(
    labelColumnName: "Objects", predictedLabelColumnName: "Found", scoreColumnName: "Certainty", boundingBoxColumnName: "Boxes",
    predictedBoundingBoxColumnName: "FoundBoxes", imageColumnName: "Image", maxEpoch: 1).Fit(load.Transform(train));

// Crop to the most certain detection; the whole photograph where there is none. Then classify.
var classify = ml.Transforms.CropToDetection("Image", "FoundBoxes", "Certainty")
    .Append(ml.Transforms.Conversion.MapValueToKey("Label"))
    .Append(ml.MulticlassClassification.Trainers.ProtoPNet(new ProtoPNetTrainer.Options
    {
        Backbone = Backbone.ResNet18,
        Stages = 1,
        ImageSize = 48,
        PrototypesPerClass = 2,
        PrototypeDepth = 16,
        Schedule = TrainingSchedule.Default with { BatchNorm = BatchNormMode.Follow, Phases = [new Joint(2) { BatchSize = 8 }, new Projection(), new LastLayerFit(1e-3)] },
    }));
IDataView detected = detector.Transform(load.Transform(train));
ITransformer classifier = classify.Fit(detected);

IDataView scored = classifier.Transform(detector.Transform(load.Transform(test)));
MulticlassClassificationMetrics metrics = ml.MulticlassClassification.Evaluate(scored);
int found = scored.GetColumn<float[]>("Certainty").Count(scores => scores.Length > 0);
Console.WriteLine($"something was detected in {found} of {birds.Test.Count} photographs, the others were seen whole; accuracy {metrics.MicroAccuracy:F3}");

// The explanation is of what the network saw: the crop.
ProtoPNetTransformer network = ((IEnumerable<ITransformer>)classifier).OfType<ProtoPNetTransformer>().Single();
LocalExplanation explanation = network.Explain(scored.GetColumn<MLImage>("Image").First());
ClassEvidence evidence = explanation.For(explanation.Predicted.Index);
Console.WriteLine($"the first is a {evidence.Class.Name}: {evidence.Sum:F3} points, of which {evidence.Evidence[0].Points:F3} for {evidence.Evidence[0].Activation.Prototype.Name}");
return 0;
