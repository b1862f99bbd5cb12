using Microsoft.ML;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Training;

// A schedule of one's own, and a run that survives Ctrl+C, a crash or a power cut: run it again, and it continues where it was.
//     dotnet run -c Release --project examples/CustomSchedule -- [--stop-after EPOCHS]
string output = Path.Combine("artifacts", "custom-schedule"), birds = Path.Combine(output, "birds"), checkpoint = Path.Combine(output, "checkpoint");
int stopAfter = args is ["--stop-after", var epochs] ? int.Parse(epochs, System.Globalization.CultureInfo.InvariantCulture) : int.MaxValue;

var schedule = new TrainingSchedule
{
    BatchNorm = BatchNormMode.Follow, // no pretrained statistics to keep
    Loss = TrainingSchedule.Default.Loss,
    Phases =
    [
        new WarmUp(2) { BatchSize = 16, AddOnRate = 3e-3, PrototypeRate = 3e-3 },
        new Joint(6) { BatchSize = 16, BackboneRate = 1e-3, AddOnRate = 3e-3, PrototypeRate = 3e-3, Decay = new RateDecay.Cosine() },
        new Projection(),
        new LastLayerFit(1e-3),
    ],
};
Console.Write(schedule);

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true; // finish the step, write the checkpoint
    stop.Cancel();
};
int done = 0;
var options = new ProtoPNetTrainer.Options
{
    Backbone = Backbone.ResNet18,
    Stages = 2,
    ImageSize = 64,
    PrototypesPerClass = 3,
    PrototypeDepth = 32,
    LatentSpace = LatentSpace.Cube, // as published, so that the published code can read the weights, too
    Schedule = schedule,
    ImageIdColumnName = "ImagePath",
    CheckpointFolder = checkpoint,
    CancellationToken = stop.Token,
    Progress = progress =>
    {
        if (progress.GoesOnFrom is { } from) Console.WriteLine($"resuming from the checkpoint of {from.Written:u}: {from.Place}");
        if (progress.Metrics is not { } metrics) return;
        Console.WriteLine($"  {progress.PhaseName} {progress.Epoch}/{progress.Epochs}: loss {metrics.Loss:F3}");
        if (++done >= stopAfter) stop.Cancel();
    },
};

ImageDataset photographs = Directory.Exists(birds) ? ProceduralBirds.Load(birds)
    : ProceduralBirds.Write(birds, new BirdOptions { Species = 4, TrainPerSpecies = 16, TestPerSpecies = 8, Size = 96 });
var ml = new MLContext(seed: 1);
IDataView train = ml.Data.LoadFromEnumerable(photographs.Train);
ITransformer prepare = ml.Transforms.Conversion.MapValueToKey("Label")
    .Append(ml.Transforms.LoadPhotographs("Image", photographs.Folder, "ImagePath"))
    .Fit(train);
try
{
    using ProtoPNetTransformer network = ml.MulticlassClassification.Trainers.ProtoPNet(options).Fit(prepare.Transform(train));
    ml.Model.Save(new Microsoft.ML.Data.TransformerChain<ITransformer>(prepare, network), train.Schema, Path.Combine(output, "model.zip"));
    network.ExportStateDict(Path.Combine(output, "network.safetensors"));
    TrainingCheckpoint.Remove(checkpoint); // only now is nothing lost without it
    Console.WriteLine($"trained: {Path.Combine(output, "model.zip")}");
}
catch (OperationCanceledException)
{
    Console.WriteLine("stopped; run it again to continue");
}
