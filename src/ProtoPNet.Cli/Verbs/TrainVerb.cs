using System.CommandLine;
using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ProtoPNet.Cli.Measures;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Training;
using Spectre.Console;

namespace ProtoPNet.Cli.Verbs;

/// <summary><c>protopnet train</c>: a data set in, <c>model.zip</c>, <c>metrics.json</c>, <c>metrics.csv</c> and <c>training.html</c> out.</summary>
internal static class TrainVerb
{
    public static Command Create()
    {
        var command = new Command("train", "Trains a model and writes model.zip, metrics.json, metrics.csv and training.html.");
        var dataset = new DatasetChoice();
        var crop = new Option<bool>("--crop") { Description = "Cut photographs to their bounding boxes." };
        var trainer = new TrainerChoice();
        var output = new Option<DirectoryInfo>("--output") { Description = "The folder to write to.", Required = true };
        var resume = new Option<bool>("--resume") { Description = "Go on from the checkpoint in the output folder, if there is one." };
        var every = new Option<double>("--checkpoint-every") { Description = "Minutes between checkpoints.", DefaultValueFactory = _ => 10 };
        dataset.AddTo(command);
        command.Add(crop);
        trainer.AddTo(command);
        command.Add(output);
        command.Add(resume);
        command.Add(every);
        command.SetAction((parsed, cancellation) => Task.Run(() =>
        {
            var folder = new OutputFolder(parsed.GetRequiredValue(output).FullName);
            ProtoPNetTrainer.Options options = trainer.Options(parsed, cancellation);
            options.CheckpointFolder = folder.Checkpoint;
            options.CheckpointEvery = TimeSpan.FromMinutes(parsed.GetValue(every));
            TrainingCheckpoint? resumed = folder.ToResume(parsed.GetValue(resume));
            ImageDataset all = dataset.Load(parsed);
            ImageDataset readable = dataset.Readable(parsed, parsed.GetValue(crop) ? all : all.WithoutBoxes(), cancellation);
            return Run(resumed, readable.WithEveryClassOf(all), parsed.GetValue(crop), options, folder);
        }, cancellation));
        return command;
    }

    private static int Run(TrainingCheckpoint? resumed, ImageDataset dataset, bool crop, ProtoPNetTrainer.Options options, OutputFolder folder)
    {
        Console.WriteLine(dataset);
        Console.WriteLine(
            $"{options.Backbone}{(options.Stages is { } s ? $" to stage {s}" : "")}, {options.ImageSize} px, weights: {options.Weights}");
        Console.Write(options.Schedule);
        if (resumed is not null) Console.WriteLine(resumed.IsFinished
            ? $"The run in the checkpoint of {resumed.Written:u} is finished: the same options and photographs give its model at once, "
                + "others begin anew."
            : $"Going on from the checkpoint of {resumed.Written:u}: {resumed.Place}.");

        var watch = Stopwatch.StartNew();
        var ml = new MLContext(options.Seed);
        ml.Log += Warn;
        IDataView train = ml.Rows(dataset, dataset.Train);
        ITransformer prepare = ml.Preparation(crop).Fit(train);
        IDataView? test = dataset.Test.Count > 0 ? prepare.Transform(ml.Rows(dataset, dataset.Test)) : null;
        var accuracy = new StageAccuracy(ml, test);
        if (resumed is not null) accuracy.Measured = folder.Noted() ?? accuracy.Measured;
        options.PhaseEnded = result =>
        {
            accuracy.PhaseEnded(result);
            folder.Note(accuracy.Measured);
        };

        IDataView prepared = prepare.Transform(train);
        using ProtoPNetTransformer model = Train(ml, prepared, options, folder);
        foreach (SkippedImage image in model.TrainingReport!.Skipped) Console.Error.WriteLine($"left out: {image.ImageId}: {image.Reason}");

        ITransformer names = ml.Transforms.Conversion.MapKeyToValue(options.PredictedLabelColumnName).Fit(model.Transform(prepared));
        OutputFolder.Write(folder.Model, aside => ml.Model.Save(new TransformerChain<ITransformer>(prepare, model, names), train.Schema, aside));
        TrainingMetrics metrics = TrainingMetrics.Of(
            model, accuracy.Ended(model), dataset.Test.Count, watch.Elapsed + (resumed?.Elapsed ?? TimeSpan.Zero));
        metrics.Write(folder.Metrics);
        folder.Finished(model.TrainingReport);
        folder.RemoveCheckpoint();
        Show(metrics, folder.Model);
        return UnreadablePhotographs.AtTheEnd(dataset.LeftOut.Count + model.TrainingReport.Skipped.Count);
    }

    private static ProtoPNetTransformer Train(MLContext ml, IDataView prepared, ProtoPNetTrainer.Options options, OutputFolder folder)
    {
        try
        {
            return TrainingDisplay.Show(options.Schedule, display =>
            {
                options.Progress = progress =>
                {
                    folder.Watch(progress);
                    display(progress);
                };
                return ml.MulticlassClassification.Trainers.ProtoPNet(options).Fit(prepared);
            });
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine(TrainingCheckpoint.In(folder.Checkpoint) is { } kept
                ? $"Stopped; the checkpoint in '{folder.Checkpoint}' is {kept.Place}. To go on, give the same command with --resume."
                : "Stopped before there was anything to keep.");
            throw;
        }
    }

    /// <summary>Shows what training warns of as it happens; pictures that were left out are listed at the end.</summary>
    private static void Warn(object? sender, LoggingEventArgs log)
    {
        if (log.Kind == ChannelMessageKind.Warning && log.Source.StartsWith(nameof(ProtoPNetTrainer), StringComparison.Ordinal)
            && !log.RawMessage.StartsWith("Left out", StringComparison.Ordinal))
            Console.Error.WriteLine($"warning: {log.RawMessage}");
    }

    private static void Show(TrainingMetrics metrics, string model)
    {
        var table = new Table().AddColumns("", "").HideHeaders();
        void Row(string what, string value) => table.AddRow(what.EscapeMarkup(), value.EscapeMarkup());
        Row("test accuracy after joint training", Share(metrics.Accuracy.Joint));
        Row("test accuracy after projection", Share(metrics.Accuracy.Projected));
        Row("test accuracy at the end", Share(metrics.Accuracy.Final));
        if (metrics.LastLayer is { } optimum)
            Row("last layer", $"objective {optimum.Objective:G5}, relative gap {optimum.RelativeGap:G2}, "
                + $"{optimum.OffClassZeros} weights between classes are exactly 0");
        Row("seconds", $"{metrics.Seconds.Total:F0}");
        Row("peak memory", $"{metrics.PeakMemoryMB:F0} MB");
        Row("written", model + ", metrics.json, metrics.csv, training.html");
        AnsiConsole.Write(table);
    }

    private static string Share(double? accuracy) => accuracy is { } share ? $"{share:P1}" : "no test split, or no such phase";
}
