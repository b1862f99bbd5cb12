using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Pruning;
using ProtoPNet.MLNet.Reports;

// Trains on photographs in folders, looks at what was learned, prunes and saves.
//     dotnet run -c Release --project examples/OwnPhotographs -- photographs out
// photographs/train and photographs/test have a folder per class; without arguments, birds are painted.
string output = args.Length > 1 ? args[1] : Path.Combine("artifacts", "own-photographs");
string folder = args.Length > 0 ? args[0] : PaintedBirds(Path.Combine(output, "birds"));
Directory.CreateDirectory(output);

ImageDataset photographs = AnyDataset.Load(folder).OnlyReadable();
foreach (LeftOutPhotograph left in photographs.LeftOut) Console.WriteLine($"left out: {left.Photograph.ImagePath}: {left.Reason}");
Console.WriteLine(photographs);

// Train.
var ml = new MLContext(seed: 1);
IDataView train = ml.Data.LoadFromEnumerable(photographs.Train), test = ml.Data.LoadFromEnumerable(photographs.Test);
ITransformer prepare = ml.Transforms.Conversion.MapValueToKey("Label")
    .Append(ml.Transforms.LoadPhotographs("Image", photographs.Folder, "ImagePath"))
    .Fit(train);
var options = new ProtoPNetTrainer.Options
{
    Backbone = Backbone.DnnResNet18,
    Progress = progress =>
    {
        if (progress.Metrics is { } metrics) Console.WriteLine($"  {progress.PhaseName} {progress.Epoch}/{progress.Epochs}: loss {metrics.Loss:F3}");
    },
};
using ProtoPNetTransformer network = ml.MulticlassClassification.Trainers.ProtoPNet(options).Fit(prepare.Transform(train));

// Look: every prototype with the photographs most like it, and one photograph explained.
AnalysedImage[] training = Images(photographs.Train), unseen = Images(photographs.Test);
File.WriteAllText(Path.Combine(output, "prototypes.html"), network.PrototypeGallery("prototypes", [("training", training), ("test", unseen)]).Html());
string first = photographs.PathOf(photographs.Test.Concat(photographs.Train).First());
File.WriteAllText(Path.Combine(output, "explanation.html"), network.ExplainAsReport(File.ReadAllBytes(first), first).Html());

// Prune by the paper's rule; the last layer is solved again.
PrunedProtoPNet pruned = network.Prune(new PruningOptions { Rule = new() }, training);
using ProtoPNetTransformer smaller = pruned.Transformer;
Console.WriteLine($"{network.Prototypes.Count} prototypes, {smaller.Prototypes.Count} after pruning");

// Measure and save.
ITransformer model = new TransformerChain<ITransformer>(prepare, smaller);
if (photographs.Test.Count > 0)
{
    MulticlassClassificationMetrics metrics = ml.MulticlassClassification.Evaluate(model.Transform(test));
    Console.WriteLine($"accuracy {metrics.MicroAccuracy:F3} on {photographs.Test.Count} unseen photographs");
}
ml.Model.Save(model, train.Schema, Path.Combine(output, "model.zip"));
smaller.ExportOnnx(Path.Combine(output, "model.onnx"));
Console.WriteLine($"See {output}: prototypes.html, explanation.html, model.zip, model.onnx.");

AnalysedImage[] Images(IReadOnlyList<ImageRecord> records) =>
    [.. records.Select(one => AnalysedImage.FromFile(one.ImagePath, network.ClassNames.ToList().IndexOf(one.Label), photographs.PathOf(one)))];

static string PaintedBirds(string folder)
{
    if (!Directory.Exists(folder)) ProceduralBirds.Write(folder, new BirdOptions { Species = 4, TrainPerSpecies = 6, TestPerSpecies = 4, Size = 160 });
    return folder;
}
