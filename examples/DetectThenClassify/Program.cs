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

// Detect. One kind of object: a bird. (Its trainer wants boxes as left, top, width, height; its predictions are corners.) It sees every photograph at
// 800 pixels, seconds each on a processor: so it learns from one photograph here, and looks at each only once.
ITransformer load = ml.Transforms.Conversion.MapValueToKey("Objects")
    .Append(ml.Transforms.LoadPhotographs("Image", birds.Folder, "ImagePath"))
    .Fit(Rows(birds.Train));
using ObjectDetectionTransformer detector = ml.MulticlassClassification.Trainers.ObjectDetection(
    labelColumnName: "Objects", predictedLabelColumnName: "Found", scoreColumnName: "Certainty", boundingBoxColumnName: "Boxes",
    predictedBoundingBoxColumnName: "FoundBoxes", imageColumnName: "Image", maxEpoch: 1).Fit(load.Transform(Rows(birds.Train.Take(1))));
IDataView train = Detected(birds.Train), test = Detected(birds.Test);

// Crop to the most certain detection; the whole photograph where there is none. Then classify.
ITransformer classifier = ml.Transforms.LoadPhotographs("Image", birds.Folder, "ImagePath")
    .Append(ml.Transforms.CropToDetection("Image", "FoundBoxes", "Certainty"))
    .Append(ml.Transforms.Conversion.MapValueToKey("Label"))
    .Append(ml.MulticlassClassification.Trainers.ProtoPNet(new ProtoPNetTrainer.Options
    {
        Backbone = Backbone.ResNet18,
        Stages = 1,
        ImageSize = 48,
        PrototypesPerClass = 2,
        PrototypeDepth = 16,
        Schedule = TrainingSchedule.Default with
        {
            BatchNorm = BatchNormMode.Follow,
            Phases = [new Joint(2) { BatchSize = 8 }, new Projection(), new LastLayerFit(1e-3)],
        },
    })).Fit(train);

IDataView scored = classifier.Transform(test);
MulticlassClassificationMetrics metrics = ml.MulticlassClassification.Evaluate(scored);
int found = test.GetColumn<float[]>("Certainty").Count(scores => scores.Length > 0);
Console.WriteLine($"something was detected in {found} of {birds.Test.Count} photographs, the others were seen whole; accuracy {metrics.MicroAccuracy:F3}");

// The explanation is of what the network saw: the crop.
ProtoPNetTransformer network = ((IEnumerable<ITransformer>)classifier).OfType<ProtoPNetTransformer>().Single();
LocalExplanation explanation = network.Explain(scored.GetColumn<MLImage>("Image").First());
ClassEvidence evidence = explanation.For(explanation.Predicted.Index);
Console.WriteLine($"the first is a {evidence.Class.Name}: {evidence.Sum:F3} points, of which {evidence.Evidence[0].Points:F3} for {evidence.Evidence[0].Activation.Prototype.Name}");
return 0;

IDataView Rows(IEnumerable<ImageRecord> records) => ml.Data.LoadFromEnumerable(records.Select(Seen.Of));

// What the detector found, kept in memory: ML.NET computes columns anew whenever they are read.
IDataView Detected(IReadOnlyList<ImageRecord> records)
{
    IDataView found = detector.Transform(load.Transform(Rows(records)));
    return ml.Data.LoadFromEnumerable(ml.Data.CreateEnumerable<Found>(found, reuseRowObject: false).ToList());
}
