using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.Cli.Measures;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Confidence;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.Reports;
using ProtoPNet.MLNet.Training;
using ProtoPNet.MLNet.Training.Pooled;
using Spectre.Console;

namespace ProtoPNet.Cli.Verbs;

/// <summary><c>protopnet compare</c>: a ProtoPNet beside the same backbone without prototypes.</summary>
internal static class CompareVerb
{
    private const string Ours = "ProtoPNet", Pooled = "pooled", FineTuned = "pooled, fine-tuned";
    private const int ExplainedPhotographs = 60;
    private const double HeldOut = 0.1;

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    public static Command Create()
    {
        var command = new Command("compare",
            "Trains a ProtoPNet and the same backbone with average pooling and a linear layer, measures both, and writes comparison.html and "
            + "comparison.json.");
        var dataset = new DatasetChoice();
        var crop = new Option<bool>("--crop") { Description = "Crop photographs to their bounding boxes." };
        var trainer = new TrainerChoice(HeldOut);
        var fineTuned = new Option<bool>("--fine-tuned") { Description = "Also compare with the pooled classifier whose backbone learns, too." };
        var model = new Option<FileInfo?>("--model") { Description = "A ProtoPNet to take instead of training one." };
        var pooled = new Option<FileInfo?>("--pooled") { Description = "A pooled classifier, written by an earlier comparison, to take instead of training one." };
        Option<int> shown = Ask.Whole("--photographs", "The number of photographs to explain on the page.", 6, 0, 200);
        DatasetChoice novel = DatasetChoice.Novel();
        var output = new Option<DirectoryInfo>("--output") { Description = "The folder to write to.", Required = true };
        var replacement = new Replacement();
        dataset.AddTo(command);
        command.Add(crop);
        trainer.AddTo(command);
        foreach (Option option in (Option[])[fineTuned, model, pooled, shown, output]) command.Add(option);
        novel.AddSourceTo(command);
        replacement.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(() =>
        {
            ProtoPNetTrainer.Options options = trainer.Options(parsed, cancellation);
            var folder = new ComparisonFolder(parsed.GetRequiredValue(output).FullName);
            using HeldFolder held = HeldFolder.Take(folder.Folder);
            replacement.Check(parsed, folder.Page);
            // Models that an earlier comparison trained before it was stopped.
            if (parsed.GetValue(model) is null) KeepTrained(Ours, "--model");
            if (parsed.GetValue(pooled) is null) KeepTrained(Pooled, "--pooled");
            if (parsed.GetValue(fineTuned)) KeepTrained(FineTuned, null);
            ImageDataset all = dataset.Load(parsed);
            if (parsed.GetValue(crop)) all.CheckBoxes();
            ImageDataset readable = dataset.Readable(parsed, all, cancellation);
            ImageDataset? other = novel.LoadIfGiven(parsed) is { } given ? dataset.Readable(parsed, given, cancellation) : null;
            var training = new ComparisonTraining(readable.WithEveryClassOf(all), parsed.GetValue(crop), options, folder);
            List<Competitor> competitors =
            [
                training.ProtoPNet(Ours, parsed.GetValue(model)?.Existing("model")),
                training.Pooled(Pooled, PooledSchedule.FrozenBackbone, parsed.GetValue(pooled)?.Existing("model")),
            ];
            if (parsed.GetValue(fineTuned))
                competitors.Add(training.Pooled(FineTuned, FineTuningBeside(options.ScheduleFor(all.Classes.Count)), null));
            return Run(competitors, readable, other, parsed.GetValue(shown), folder, cancellation);

            void KeepTrained(string name, string? taking)
            {
                string path = folder.Model(name);
                replacement.Check(parsed, path, taking is null ? "Choose another folder" : $"Add {taking} '{path}' to take it, choose another folder");
            }
        }, cancellation));
        return command;
    }

    /// <summary>How the black box's backbone learns beside a ProtoPNet of this schedule.</summary>
    internal static PooledSchedule FineTuningBeside(TrainingSchedule schedule)
        => schedule == TrainingSchedule.ManyClasses ? PooledSchedule.ManyClasses : PooledSchedule.FineTuned;

    private static int Run(
        IReadOnlyList<Competitor> competitors, ImageDataset dataset, ImageDataset? novel, int shown, ComparisonFolder folder,
        CancellationToken cancellation)
    {
        bool onTest = dataset.Test.Count > 0;
        ImageDataset split = onTest ? dataset.TestSplit() : dataset.TrainingSplit();
        IReadOnlyList<ComparedModel> models = [.. competitors.Select(one => Measured(one, split, novel, cancellation))];
        using ModelFile protoPNet = ModelFile.Open(competitors[0].Path);
        using PooledFile pooled = SavedPipeline.Open<PooledFile>(competitors[1].Path);
        IReadOnlyList<AnalysedImage> images = protoPNet.Images(split, [.. split.Train, .. split.Test]);
        // The first photograph of each class, then the second of each.
        IEnumerable<AnalysedImage> chosen = images.GroupBy(image => image.ClassIndex).SelectMany(group => group.Index())
            .OrderBy(one => one.Index).Take(shown).Select(one => one.Item);
        var report = new ComparisonReport(
            dataset.Name, $"{images.Count} {(onTest ? "test" : "training")} photographs", models, protoPNet.Network.ExplainBeside(pooled.Classifier, chosen));
        WholeFile.Write(folder.Page, report.Html());
        WholeFile.Write(folder.Figures, JsonSerializer.Serialize(models.Select(ComparedFigures.Of), Json) + "\n");
        Show(report);
        Console.WriteLine($"Written: {folder.Page}, {folder.Figures}");
        return UnreadablePhotographs.AtTheEnd(dataset.LeftOut.Count + (novel?.LeftOut.Count ?? 0));
    }

    private static ComparedModel Measured(Competitor one, ImageDataset split, ImageDataset? novel, CancellationToken cancellation)
    {
        using SavedPipeline file = SavedPipeline.Open(one.Path);
        ImageDataset cut = file.Cut(split);
        IReadOnlyList<ImageRecord> records = KnownClasses.Of(file.ClassNames, [.. cut.Train, .. cut.Test]).OrFail("not measured", Console.Error);
        ScoredSet scored = ScoredSet.Of(file, cut, records);
        IReadOnlyList<ScoredPhotograph> strange = novel is null ? []
            : ScoredSet.Of(file, file.Cut(novel), [.. file.Cut(novel).Train, .. file.Cut(novel).Test]).Photographs;
        MulticlassClassificationMetrics metrics = scored.Metrics();
        AnalysedImage[] images = [.. file.WithObjects(file.Images(cut, records), split)];
        AnalysedImage[] explained = [.. images.Where((_, i) => i % Math.Max(1, images.Length / ExplainedPhotographs) == 0)];
        return new(one.Name)
        {
            Accuracy = metrics.MicroAccuracy,
            LogLoss = metrics.LogLoss,
            Confidence = scored.Confidence(file, strange),
            TrainingSeconds = one.Seconds,
            ImagesPerSecond = records.Count / scored.Seconds,
            FileBytes = new FileInfo(one.Path).Length,
            Faithfulness = file switch
            {
                ModelFile { Network: var network } => network.MeasureFaithfulness(explained, cancellation),
                PooledFile { Classifier: var pooled } => pooled.MeasureFaithfulness(explained, cancellation),
                _ => throw file.Refused(),
            },
            Prototypes = file is ModelFile model
                ? model.Network.MeasureInterpretability(images, new() { PerturbOneIn = images.Length }, cancellation) : null,
        };
    }

    private static void Show(ComparisonReport report)
    {
        var table = new Table().AddColumns(["", .. report.Models.Select(model => model.Name.EscapeMarkup())]);
        foreach (ComparisonRow row in report.Table()) table.AddRow([row.Name.EscapeMarkup(), .. row.Values.Select(value => value.EscapeMarkup())]);
        AnsiConsole.Write(table);
    }
}

/// <summary>A model of the comparison.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Path">Its file.</param>
/// <param name="Seconds">The time that its training took; null if it was trained before.</param>
internal sealed record Competitor(string Name, string Path, double? Seconds);

/// <summary>The files of a comparison.</summary>
internal sealed record ComparisonFolder(string Folder)
{
    public string Page => Path.Combine(Folder, "comparison.html");

    public string Figures => Path.Combine(Folder, "comparison.json");

    public string Checkpoint => Path.Combine(Folder, "checkpoint");

    /// <summary>The file of a model.</summary>
    public string Model(string name) => Path.Combine(Folder, name.Replace(", ", "-", StringComparison.Ordinal) + ".zip");
}

/// <summary>Trains what a comparison is missing, on the same photographs and options.</summary>
internal sealed class ComparisonTraining
{
    private readonly MLContext _ml;
    private readonly bool _crop;
    private readonly ProtoPNetTrainer.Options _options;
    private readonly TrainingSchedule _schedule;
    private readonly ComparisonFolder _folder;
    private readonly IDataView _rows, _prepared;
    private readonly ITransformer _prepare;

    public ComparisonTraining(ImageDataset dataset, bool crop, ProtoPNetTrainer.Options options, ComparisonFolder folder)
    {
        (_crop, _options, _folder, _ml) = (crop, options, folder, new MLContext(options.Seed));
        _schedule = options.ScheduleFor(dataset.Classes.Count);
        _ml.Log += TrainingWarnings.Show;
        Console.WriteLine(dataset);
        _rows = _ml.Rows(crop ? dataset : dataset.WithoutBoxes(), dataset.Train);
        _prepare = _ml.Preparation(crop).Fit(_rows);
        _prepared = _prepare.Transform(_rows);
    }

    /// <summary>The ProtoPNet, taken or trained; an interrupted training continues.</summary>
    public Competitor ProtoPNet(string name, string? taken)
    {
        if (taken is not null) return Taken<ModelFile>(name, taken, "--model takes a ProtoPNet");
        _options.CheckpointFolder = _folder.Checkpoint;
        var watch = Stopwatch.StartNew();
        using ProtoPNetTransformer model = TrainingDisplay.Show(_schedule, display =>
        {
            _options.Progress = display;
            return _ml.MulticlassClassification.Trainers.ProtoPNet(_options).Fit(_prepared);
        });
        Save(model, name, model.PredictedLabelColumnName);
        TrainingCheckpoint.Remove(_folder.Checkpoint);
        return new(name, _folder.Model(name), watch.Elapsed.TotalSeconds);
    }

    /// <summary>A classifier without prototypes, taken or trained.</summary>
    public Competitor Pooled(string name, PooledSchedule schedule, string? taken)
    {
        if (taken is not null) return Taken<PooledFile>(name, taken, "--pooled takes a pooled classifier");
        var watch = Stopwatch.StartNew();
        Console.WriteLine($"Training: {name}");
        using PooledImageClassifierTransformer model = _ml.MulticlassClassification.Trainers.PooledImageClassifier(new()
        {
            Backbone = _options.Backbone,
            Stages = _options.Stages,
            Weights = _options.Weights,
            ImageSize = _options.ImageSize,
            ValidationFraction = _options.ValidationFraction,
            ClassWeights = _options.ClassWeights,
            Seed = _options.Seed,
            Device = _options.Device,
            ImageIdColumnName = _options.ImageIdColumnName,
            CacheLimitMB = _options.CacheLimitMB,
            CancellationToken = _options.CancellationToken,
            Schedule = schedule,
            Progress = new PlainProgress(Console.Out).Show,
        }).Fit(_prepared);
        Console.WriteLine($"{model.TrainingReport!.LastLayer}; ridge {model.TrainingReport.Ridge:G2}, temperature {model.Temperature:F2}, "
            + $"held-out accuracy {model.TrainingReport.ValidationAccuracy:P1}");
        Save(model, name, model.PredictedLabelColumnName);
        return new(name, _folder.Model(name), watch.Elapsed.TotalSeconds);
    }

    private Competitor Taken<T>(string name, string path, string wanted) where T : SavedPipeline
    {
        using SavedPipeline file = SavedPipeline.Open(path);
        if (file is not T) throw new ArgumentException($"{wanted}: {file.Refused().Message}");
        if (file.Crops != _crop)
            throw new ArgumentException($"'{path}' was trained on {(file.Crops ? "cropped photographs; add --crop" : "whole photographs; leave --crop out")}.");
        return new(name, path, null);
    }

    private void Save(ITransformer model, string name, string predictedLabel)
    {
        ITransformer names = _ml.Transforms.Conversion.MapKeyToValue(predictedLabel).Fit(model.Transform(_prepared));
        WholeFile.Write(_folder.Model(name), stream
            => _ml.Model.Save(new TransformerChain<ITransformer>(_prepare, model, names), _rows.Schema, stream));
    }
}
