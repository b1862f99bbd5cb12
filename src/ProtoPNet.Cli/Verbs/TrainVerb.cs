using System.CommandLine;
using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ProtoPNet.Cli.Measures;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.Training;
using Spectre.Console;

namespace ProtoPNet.Cli.Verbs;

/// <summary><c>protopnet train</c>: writes <c>model.zip</c>, <c>metrics.json</c>, <c>metrics.csv</c> and <c>training.html</c>.</summary>
internal static class TrainVerb
{
    private static readonly string[] Trainers = [nameof(ProtoPNetTrainer), nameof(PooledImageClassifierTrainer)];

    public static Command Create()
    {
        var command = new Command(
            "train",
            "Trains a model and writes model.zip, metrics.json, metrics.csv, training.html and, where parts are annotated, interpretability.html.");
        var dataset = new DatasetChoice();
        var crop = new Option<bool>("--crop") { Description = "Crop photographs to their bounding boxes." };
        var trainer = new TrainerChoice();
        var validation = new Option<DirectoryInfo?>("--validation-data")
        {
            Description = "A folder of photographs, one folder per class, used for choices (λ, early stopping) instead of --validation; "
                + "only the temperature of probabilities is fitted to it.",
        };
        var output = new Option<DirectoryInfo>("--output") { Description = "The folder to write to.", Required = true };
        var resume = new Option<bool>("--resume") { Description = "Resume from the checkpoint in the output folder, if there is one." };
        Option<double> every = Ask.Number("--checkpoint-every", "Minutes between checkpoints.", 10, 0, 1e6);
        var replacement = new Replacement();
        dataset.AddTo(command);
        command.Add(crop);
        trainer.AddTo(command);
        command.Add(validation);
        command.Add(output);
        command.Add(resume);
        command.Add(every);
        replacement.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(() =>
        {
            ProtoPNetTrainer.Options options = trainer.Options(parsed, cancellation);
            _ = new MLContext().MulticlassClassification.Trainers.ProtoPNet(options); // rejects invalid options before anything is read or written
            using var folder = new OutputFolder(parsed.GetRequiredValue(output).FullName);
            options.CheckpointFolder = folder.Checkpoint;
            options.CheckpointEvery = TimeSpan.FromMinutes(parsed.GetValue(every));
            TrainingCheckpoint? resumed = folder.ToResume(parsed.GetValue(resume));
            if (resumed is null) replacement.Check(parsed, folder.Model);
            ImageDataset all = dataset.Load(parsed);
            if (parsed.GetValue(crop)) all.CheckBoxes();
            ImageDataset readable = dataset.Readable(parsed, parsed.GetValue(crop) ? all : all.WithoutBoxes(), cancellation);
            ImageDataset? own = ValidationFolder.Load(parsed.GetValue(validation)) is { } set ? dataset.Readable(parsed, set, cancellation) : null;
            return Run(resumed, readable.WithEveryClassOf(all), own, parsed.GetValue(crop), options, folder, cancellation);
        }, cancellation));
        return command;
    }

    private static int Run(
        TrainingCheckpoint? resumed, ImageDataset dataset, ImageDataset? validation, bool crop, ProtoPNetTrainer.Options options,
        OutputFolder folder, CancellationToken cancellation)
    {
        CheckClasses(dataset, validation);
        var watch = Stopwatch.StartNew();
        var ml = new MLContext(options.Seed);
        ml.Log += Warn;
        Console.WriteLine(dataset);
        Console.WriteLine(
            $"{options.Backbone}{(options.Stages is { } s ? $" to stage {s}" : "")}, {options.ImageSize} px, weights: {options.Weights.TextFor(options.Backbone)}, "
            + $"device: {options.Device}, seed: {options.Seed}");
        if (resumed is null && options.Weights.Earlier() is { } earlier)
            using (earlier) Console.WriteLine(earlier.For(options.Architecture(dataset.Classes.Count), dataset.Classes));
        TrainingSchedule schedule = options.ScheduleFor(dataset.Classes.Count);
        Console.WriteLine(schedule.ToText());
        IDataView train = ml.Rows(dataset, dataset.Train);
        ITransformer prepare = ml.Preparation(crop).Fit(train);
        if (validation is not null) options.ValidationSet = prepare.Transform(ml.Rows(validation, validation.Train));
        IDataView? test = dataset.Test.Count > 0 ? prepare.Transform(ml.Rows(dataset, dataset.Test)) : null;
        var accuracy = new StageAccuracy(ml, test);
        if (resumed is not null) accuracy.Measured = folder.Noted() ?? accuracy.Measured;
        IDataView prepared = prepare.Transform(train);
        using ProtoPNetTransformer model = Train(ml, prepared, options, schedule, folder, accuracy);
        foreach (SkippedImage image in model.TrainingReport!.Skipped) Console.Error.WriteLine($"left out: {image.ImageId}: {image.Reason}");

        ITransformer names = ml.Transforms.Conversion.MapKeyToValue(options.PredictedLabelColumnName).Fit(model.Transform(prepared));
        if (test is not null) Console.WriteLine(StageAccuracy.Activity);
        var explanations = new EndExplanations(dataset, crop, cancellation);
        InterpretabilityReport? measured = explanations.Of(model);
        using ProtoPNetTransformer? trusted = measured is null ? null : model.WithTrust(measured);
        WholeFile.Write(
            folder.Model, stream => ml.Model.Save(new TransformerChain<ITransformer>(prepare, trusted ?? model, names), train.Schema, stream));
        TrainingMetrics metrics = TrainingMetrics.Of(
            model, accuracy.Ended(model, explanations.OnTest ? measured?.Accuracy : null), dataset.Test.Count,
            watch.Elapsed + (resumed?.Elapsed ?? TimeSpan.Zero)) with
        {
            Explanations = measured is null ? null : ExplanationFigures.Of(measured),
        };
        WholeFile.Write(folder.Metrics, metrics.ToJson() + "\n");
        folder.Finished(model.TrainingReport);
        folder.RemoveCheckpoint();
        if (metrics.Explanations is not null) Console.WriteLine(metrics.Explanations);
        Show(metrics, folder.Model + ", metrics.json, metrics.csv, training.html" + (measured is null ? "" : ", " + folder.Measured(measured)));
        return UnreadablePhotographs.AtTheEnd(dataset.LeftOut.Count + (validation?.LeftOut.Count ?? 0) + model.TrainingReport.Skipped.Count);
    }

    private static void CheckClasses(ImageDataset dataset, ImageDataset? validation)
    {
        string[] unknown = [.. (validation?.Classes ?? []).Except(dataset.Classes).Select(name => $"'{name}'")];
        if (unknown.Length > 0)
            throw new ArgumentException($"'{validation!.Folder}' has photographs of classes that are not trained: {string.Join(", ", unknown)}. "
                + "Remove these folders, or rename them to match the training classes.");
    }

    private static ProtoPNetTransformer Train(
        MLContext ml, IDataView prepared, ProtoPNetTrainer.Options options, TrainingSchedule schedule, OutputFolder folder, StageAccuracy accuracy)
    {
        try
        {
            return TrainingDisplay.Show(schedule, display =>
            {
                TrainingProgress? last = null;
                options.Progress = progress =>
                {
                    last = progress;
                    folder.Watch(progress);
                    display(progress);
                };
                options.PhaseEnded = result =>
                {
                    if (accuracy.Measures(result) && last is not null)
                        display(last with { Metrics = null, Preparing = StageAccuracy.Activity, PreparedFraction = 0 });
                    accuracy.PhaseEnded(result);
                    folder.Note(accuracy.Measured);
                };
                return ml.MulticlassClassification.Trainers.ProtoPNet(options).Fit(prepared);
            });
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine(TrainingCheckpoint.In(folder.Checkpoint) is { } kept
                ? $"Stopped; the checkpoint in '{folder.Checkpoint}' is {kept.Place}. To continue, run the same command with --resume."
                : "Stopped before the first checkpoint.");
            throw;
        }
    }

    /// <summary>Shows warnings during training; skipped pictures are listed at the end.</summary>
    internal static void Warn(object? sender, LoggingEventArgs log)
    {
        if (log.Kind == ChannelMessageKind.Warning && Trainers.Any(name => log.Source.StartsWith(name, StringComparison.Ordinal))
            && !log.RawMessage.StartsWith("Left out", StringComparison.Ordinal))
            Console.Error.WriteLine($"warning: {Wording.OfTool(log.RawMessage)}");
    }

    private static void Show(TrainingMetrics metrics, string written)
    {
        var table = new Table().AddColumns("", "").HideHeaders();
        void Row(string what, string value) => table.AddRow(what.EscapeMarkup(), value.EscapeMarkup());
        Row("test accuracy after joint training", Share(metrics.Accuracy.Joint));
        Row("test accuracy after projection", Share(metrics.Accuracy.Projected));
        Row("test accuracy at the end", Share(metrics.Accuracy.Final));
        if (metrics.LastLayer is { } optimum)
            Row("last layer", $"objective {optimum.Objective:G5}, relative gap {optimum.RelativeGap:G2}, "
                + $"{optimum.OffClassZeros} weights between classes are exactly 0");
        if (metrics.Precision is TrainingPrecision.BFloat16) Row("the backbone learned in", "16 bits (bfloat16)");
        Row("seconds", $"{metrics.Seconds.Total:F0}");
        Row("peak memory", $"{metrics.PeakMemoryMB:F0} MB");
        Row("written", written);
        AnsiConsole.Write(table);
    }

    private static string Share(double? accuracy) => accuracy is { } share ? $"{share:P1}" : "no test split, or no such phase";
}
