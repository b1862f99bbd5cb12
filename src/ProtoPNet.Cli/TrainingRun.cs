using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.Cli.Measures;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.Training;
using Spectre.Console;

namespace ProtoPNet.Cli;

/// <summary>A run of training, from photographs to the files in its folder.</summary>
/// <param name="options">How to train.</param>
/// <param name="folder">The folder to write to.</param>
/// <param name="resumed">The checkpoint to go on from; null to begin.</param>
internal sealed class TrainingRun(ProtoPNetTrainer.Options options, OutputFolder folder, TrainingCheckpoint? resumed)
{
    private readonly MLContext _ml = new(options.Seed);

    /// <summary>Trains on the data, measures on its test photographs and writes everything; returns the exit code.</summary>
    public int Of(TrainingData data, CancellationToken cancellation)
    {
        data.CheckClasses();
        (ImageDataset dataset, ImageDataset? validation, _, bool crop) = data;
        var watch = Stopwatch.StartNew();
        _ml.Log += TrainingWarnings.Show;
        Console.WriteLine(dataset);
        Console.WriteLine(
            $"{options.Backbone}{(options.Stages is { } s ? $" to stage {s}" : "")}, {options.ImageSize} px, weights: {options.Weights.TextFor(options.Backbone)}, "
            + $"device: {options.Device}, seed: {options.Seed}");
        if (resumed is null && options.Weights.Earlier() is { } earlier)
            using (earlier) Console.WriteLine(earlier.For(options.Architecture(dataset.Classes.Count), dataset.Classes));
        TrainingSchedule schedule = options.ScheduleFor(dataset.Classes.Count);
        Console.WriteLine(schedule.ToText());
        IDataView train = _ml.Rows(dataset, dataset.Train);
        ITransformer prepare = _ml.Preparation(crop).Fit(train);
        if (validation is not null) options.ValidationSet = prepare.Transform(_ml.Rows(validation, validation.Train));
        IDataView? test = dataset.Test.Count > 0 ? prepare.Transform(_ml.Rows(dataset, dataset.Test)) : null;
        var accuracy = new StageAccuracy(_ml, test);
        if (resumed is not null) accuracy.Measured = folder.Noted() ?? accuracy.Measured;
        IDataView prepared = prepare.Transform(train);
        using ProtoPNetTransformer model = Train(prepared, schedule, accuracy);
        foreach (SkippedImage image in model.TrainingReport!.Skipped) Console.Error.WriteLine($"left out: {image.ImageId}: {image.Reason}");

        ITransformer names = _ml.Transforms.Conversion.MapKeyToValue(options.PredictedLabelColumnName).Fit(model.Transform(prepared));
        if (test is not null) Console.WriteLine(StageAccuracy.Activity);
        var explanations = new EndExplanations(data, cancellation);
        InterpretabilityReport? measured = explanations.Of(model);
        using ProtoPNetTransformer? trusted = measured is null ? null : model.WithTrust(measured);
        WholeFile.Write(
            folder.Model, stream => _ml.Model.Save(new TransformerChain<ITransformer>(prepare, trusted ?? model, names), train.Schema, stream));
        // Photographs held out of the training data were there to learn from; those of a set of their own were not.
        int learned = model.TrainingReport.TrainingImages + (validation is null ? model.TrainingReport.ValidationImages : 0);
        TrainingMetrics metrics = TrainingMetrics.Of(
            model, accuracy.Ended(model, explanations.OnTest ? measured?.Accuracy : null),
            (learned, dataset.Test.Count),
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

    private ProtoPNetTransformer Train(IDataView prepared, TrainingSchedule schedule, StageAccuracy accuracy)
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
                return _ml.MulticlassClassification.Trainers.ProtoPNet(options).Fit(prepared);
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
