using System.CommandLine;
using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.Cli.Measures;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using Spectre.Console;

namespace ProtoPNet.Cli.Verbs;

/// <summary><c>protopnet train</c>: a data set in, <c>model.zip</c> and <c>metrics.json</c> out.</summary>
internal static class TrainVerb
{
    public static Command Create()
    {
        var command = new Command("train", "Trains a model and writes model.zip and metrics.json.");
        var dataset = new DatasetChoice();
        var crop = new Option<bool>("--crop") { Description = "Cut photographs to their bounding boxes." };
        var trainer = new TrainerChoice();
        var output = new Option<DirectoryInfo>("--output") { Description = "The folder to write to.", Required = true };
        dataset.AddTo(command);
        command.Add(crop);
        trainer.AddTo(command);
        command.Add(output);
        command.SetAction((parsed, cancellation) => Task.Run(
            () => Run(dataset.Load(parsed), parsed.GetValue(crop), trainer.Options(parsed, cancellation), parsed.GetRequiredValue(output).FullName), cancellation));
        return command;
    }

    private static int Run(ImageDataset dataset, bool crop, ProtoPNetTrainer.Options options, string output)
    {
        Directory.CreateDirectory(output);
        Console.WriteLine(dataset);
        Console.WriteLine($"{options.Backbone}{(options.Stages is { } s ? $" to stage {s}" : "")}, {options.ImageSize} px, weights: {options.Weights}");
        Console.Write(options.Schedule);

        var watch = Stopwatch.StartNew();
        var ml = new MLContext(options.Seed);
        IDataView train = ml.Rows(dataset, dataset.Train);
        ITransformer prepare = ml.Preparation(crop).Fit(train);
        IDataView? test = dataset.Test.Count > 0 ? prepare.Transform(ml.Rows(dataset, dataset.Test)) : null;
        var accuracy = new StageAccuracy(ml, test);
        options.PhaseEnded = accuracy.PhaseEnded;

        IDataView prepared = prepare.Transform(train);
        using ProtoPNetTransformer model = TrainingDisplay.Show(options.Schedule, progress =>
        {
            options.Progress = progress;
            return ml.MulticlassClassification.Trainers.ProtoPNet(options).Fit(prepared);
        });
        foreach (var skipped in model.TrainingReport!.Skipped) Console.Error.WriteLine($"skipped: {skipped}");

        ITransformer names = ml.Transforms.Conversion.MapKeyToValue(options.PredictedLabelColumnName).Fit(model.Transform(prepared));
        Save(ml, new TransformerChain<ITransformer>(prepare, model, names), train.Schema, Path.Combine(output, "model.zip"));
        TrainingMetrics metrics = TrainingMetrics.Of(model, accuracy.Ended(model), dataset.Test.Count, watch.Elapsed);
        metrics.Write(Path.Combine(output, "metrics.json"));
        Show(metrics, output);
        return 0;
    }

    /// <summary>Aside and renamed: never half a model under its name.</summary>
    private static void Save(MLContext ml, ITransformer model, DataViewSchema schema, string path)
    {
        string aside = path + ".tmp";
        ml.Model.Save(model, schema, aside);
        File.Move(aside, path, overwrite: true);
    }

    private static void Show(TrainingMetrics metrics, string output)
    {
        var table = new Table().AddColumns("", "").HideHeaders();
        void Row(string what, string value) => table.AddRow(what.EscapeMarkup(), value.EscapeMarkup());
        Row("test accuracy after joint training", Share(metrics.Accuracy.Joint));
        Row("test accuracy after projection", Share(metrics.Accuracy.Projected));
        Row("test accuracy at the end", Share(metrics.Accuracy.Final));
        if (metrics.LastLayer is { } optimum)
            Row("last layer", $"objective {optimum.Objective:G5}, relative gap {optimum.RelativeGap:G2}, {optimum.OffClassZeros} weights between classes are exactly 0");
        Row("seconds", $"{metrics.Seconds.Total:F0}");
        Row("peak memory", $"{metrics.PeakMemoryMB:F0} MB");
        Row("written", Path.Combine(output, "model.zip") + ", metrics.json");
        AnsiConsole.Write(table);
    }

    private static string Share(double? accuracy) => accuracy is { } share ? $"{share:P1}" : "no test split, or no such phase";
}
