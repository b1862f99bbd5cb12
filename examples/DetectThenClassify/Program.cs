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
const int Side = 96;
string output = Path.GetFullPath(Path.Combine("artifacts", "detect-then-classify")), folder = Path.Combine(output, "birds");
ImageDataset birds = Directory.Exists(folder) ? ProceduralBirds.Load(folder)
    : ProceduralBirds.Write(folder, new BirdOptions { Species = 3, TrainPerSpecies = 8, TestPerSpecies = 3, Size = Side });
var ml = new MLContext(seed: 1);
bool random = args is ["--random-weights"];
if (random) DetectorWeights.WriteRandom(ml, output);
if (!DetectorWeights.AreThere(ml)) return 2;

// Detect. One kind of object: a bird. (Its trainer wants boxes as left, top, width, height; its predictions are corners.) It sees every photograph at
// 800 pixels, seconds each on a processor: so it learns from one photograph here, and looks at each only once.
IDataView one = Rows(birds.Train.Take(1));
ITransformer load = ml.Transforms.Conversion.MapValueToKey("Kinds", "Objects")
    .Append(ml.Transforms.LoadPhotographs("Image", birds.Folder, "ImagePath"))
    .Fit(one);
using ObjectDetectionTransformer detector = ml.MulticlassClassification.Trainers.ObjectDetection(new ObjectDetectionTrainer.Options
{
    LabelColumnName = "Kinds",
    BoundingBoxColumnName = "Boxes",
    ImageColumnName = "Image",
    PredictedLabelColumnName = "FoundKinds",
    PredictedBoundingBoxColumnName = nameof(Sighting.FoundBoxes),
    ScoreColumnName = nameof(Sighting.Certainty),
    MaxEpoch = 1,
    ScoreThreshold = random ? 0 : 0.5, // random weights are certain of nothing; so that there is something to crop to
}).Fit(load.Transform(one));
IDataView train = Detected(birds.Train), test = Detected(birds.Test);

// Crop to the most certain detection; the whole photograph where there is none. Then classify.
ITransformer classifier = ml.Transforms.LoadPhotographs("Image", birds.Folder, "ImagePath")
    .Append(ml.Transforms.CropToDetection("Image", nameof(Sighting.FoundBoxes), nameof(Sighting.Certainty)))
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
(int Width, int Height)[] seen = [.. scored.GetColumn<MLImage>("Image").Select(image => (image.Width, image.Height))];
Console.WriteLine($"{seen.Count(size => size.Width * size.Height < Side * Side)} of {seen.Length} photographs were cropped to what was detected, "
    + $"the others seen whole; accuracy {metrics.MicroAccuracy:F3}");

// The explanation is of what the network saw: the crop.
ProtoPNetTransformer network = ((IEnumerable<ITransformer>)classifier).OfType<ProtoPNetTransformer>().Single();
LocalExplanation explanation = network.Explain(scored.GetColumn<MLImage>("Image").First());
ClassEvidence evidence = explanation.For(explanation.Predicted.Index);
Evidence first = evidence.Evidence[0];
Console.WriteLine($"{seen[0].Width} × {seen[0].Height} pixels of the first: a {evidence.Class.Name} with {evidence.Sum:F3} points, "
    + $"of which {first.Points:F3} for {first.Activation.Prototype.Name}");
return 0;

IDataView Rows(IEnumerable<ImageRecord> records) => ml.Data.LoadFromEnumerable(records.Select(Sighting.Of));

// What the detector found, kept in memory: ML.NET computes columns anew whenever they are read.
IDataView Detected(IReadOnlyList<ImageRecord> records)
{
    IDataView found = detector.Transform(load.Transform(Rows(records)));
    return ml.Data.LoadFromEnumerable(ml.Data.CreateEnumerable<Sighting>(found, reuseRowObject: false).ToList());
}
