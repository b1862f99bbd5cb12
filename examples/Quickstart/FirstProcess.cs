using System.Diagnostics;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Training;

namespace Quickstart;

/// <summary>Paints birds, trains, evaluates, saves; then has a second process load the model and explain a bird.</summary>
internal static class FirstProcess
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static int Run()
    {
        var watch = Stopwatch.StartNew();
        string output = Path.GetFullPath(Path.Combine("artifacts", "quickstart")), birdsFolder = Path.Combine(output, "birds");
        if (Directory.Exists(output)) Directory.Delete(output, recursive: true);

        ImageDataset birds = ProceduralBirds.Write(birdsFolder, Recipe.Birds);
        Say($"Painted {birds}: {string.Join(", ", birds.Classes)}.");

        var ml = new MLContext(seed: 1);
        IDataView train = ml.Data.LoadFromEnumerable(birds.Train), test = ml.Data.LoadFromEnumerable(birds.Test);
        ITransformer prepare = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.Transforms.LoadPhotographs("Image", birds.Folder, "ImagePath", "BoundingBox"))
            .Fit(train);
        ProtoPNetTrainer.Options options = Recipe.Trainer();
        options.Progress = Show;
        Say($"Training {options.Backbone} from random weights, {options.PrototypesPerClass} prototypes per species:");
        Console.WriteLine(options.ScheduleFor(birds.Classes.Count).ToText());
        ProtoPNetTransformer network = ml.MulticlassClassification.Trainers.ProtoPNet(options).Fit(prepare.Transform(train));
        ITransformer model = new TransformerChain<ITransformer>(prepare, network);

        MulticlassClassificationMetrics metrics = ml.MulticlassClassification.Evaluate(model.Transform(test));
        Say($"Accuracy on {birds.Test.Count} unseen birds: {metrics.MicroAccuracy:P1}.");

        string path = Path.Combine(output, "model.zip");
        ml.Model.Save(model, train.Schema, path);
        File.WriteAllText(Path.Combine(output, "metrics.json"), Figures(network, metrics, watch.Elapsed));
        Say($"Saved {Path.GetRelativePath(".", path)} ({new FileInfo(path).Length / 1e6:F1} MB). A second process loads it and explains a bird:");
        Console.WriteLine();

        int code = Explain(path, birdsFolder, Path.Combine(output, "explanation.png"));
        Say($"{(code == 0 ? "Done" : "Failed")} after {watch.Elapsed.TotalSeconds:F0} seconds. "
            + $"See {Path.GetRelativePath(".", output)}: model.zip, metrics.json, explanation.png.");
        return code;
    }

    private static string Figures(ProtoPNetTransformer network, MulticlassClassificationMetrics metrics, TimeSpan elapsed)
    {
        TrainingReport report = network.TrainingReport!;
        return JsonSerializer.Serialize(
            new
            {
                accuracy = new { final = metrics.MicroAccuracy },
                logLoss = metrics.LogLoss,
                prototypes = network.Prototypes.Count,
                trainImages = report.TrainingImages,
                seconds = new { training = report.Elapsed.TotalSeconds, total = elapsed.TotalSeconds },
            },
            Indented) + "\n";
    }

    /// <summary>Starts this program again.</summary>
    private static int Explain(string model, string birds, string picture)
    {
        var start = new ProcessStartInfo("dotnet") { ArgumentList = { typeof(FirstProcess).Assembly.Location, "explain", model, birds, picture } };
        using Process process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode;
    }

    private static void Show(TrainingProgress progress)
    {
        if (progress.Metrics is { } m && progress.Epoch % 5 == 0)
            Console.WriteLine(
                $"   {progress.PhaseName} {progress.Epoch}/{progress.Epochs}: loss {m.Loss:F3}, "
                + $"{m.Accuracy:P1} training accuracy, {progress.ImagesPerSecond:F0} images/s");
    }

    private static void Say(string text) => Console.WriteLine($"■ {text}");
}
