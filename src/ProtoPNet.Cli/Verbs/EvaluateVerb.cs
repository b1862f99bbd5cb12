using System.CommandLine;
using System.Text.Json;
using Microsoft.ML.Data;
using ProtoPNet.Cli.Measures;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Confidence;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.Reports;
using Spectre.Console;

namespace ProtoPNet.Cli.Verbs;

/// <summary><c>protopnet evaluate</c>: evaluates a saved model on the test photographs of a data set.</summary>
internal static class EvaluateVerb
{
    private const int MostTrusted = 5;

    private const string ConfidencePage = "confidence.html";

    /// <summary>Photographs to change for deletion, completeness and continuity.</summary>
    private const int ChangedPhotographs = 60;

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    public static Command Create()
    {
        var command = new Command("evaluate",
            "Measures a saved model on the test photographs of a data set (all photographs if it has no test split).");
        var model = new Option<FileInfo>("--model") { Description = "The file model.zip.", Required = true };
        var dataset = new DatasetChoice();
        var json = new Option<bool>("--json") { Description = "Print the metrics as JSON." };
        command.Add(model);
        dataset.AddTo(command);
        command.Add(json);
        var interpretability = new Option<bool>("--interpretability")
        {
            Description = "Also measure the explanations: what prototypes point at (with the annotated parts of cub), and how reliably.",
        };
        var output = new Option<DirectoryInfo?>("--output")
        {
            Description = "The folder to write pages to: confidence.html and, with --interpretability, interpretability.html.",
        };
        DatasetChoice novel = DatasetChoice.Novel();
        var abstain = new Option<double?>("--abstain-below")
        {
            Description = "A familiarity, the mean similarity to the five nearest prototypes, below which the answer is 'unknown': also report what "
                + "that leads to.",
        };
        command.Add(interpretability);
        command.Add(output);
        novel.AddSourceTo(command);
        command.Add(abstain);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                string? folder = parsed.GetValue(output)?.FullName;
                if (folder is not null) WholeFile.Check(Path.Combine(folder, ConfidencePage));
                using ModelFile file = ModelFile.Open(parsed.GetRequiredValue(model).Existing("model"));
                ImageDataset all = dataset.Load(parsed), split = all.Test.Count > 0 ? all.TestSplit() : all.TrainingSplit();
                ImageDataset measured = dataset.Readable(parsed, file.Cut(split), cancellation);
                ImageDataset? other = novel.LoadIfGiven(parsed) is { } given ? dataset.Readable(parsed, file.Cut(given), cancellation) : null;
                InterpretabilityReport? explanations = parsed.GetValue(interpretability) ? Measure(file, measured, split, cancellation) : null;
                string name = all.Test.Count > 0 ? "test" : "training";
                var wanted = new Wanted(other, parsed.GetValue(abstain) is { } threshold ? [threshold] : []);
                return Run(file, measured, wanted, new(name, explanations, folder, parsed.GetValue(json)), parsed.InvocationConfiguration);
            },
            cancellation));
        return command;
    }

    private static InterpretabilityReport Measure(ModelFile file, ImageDataset measured, ImageDataset uncut, CancellationToken cancellation)
    {
        IReadOnlyList<AnalysedImage> images = file.Images(measured, [.. measured.Train, .. measured.Test]);
        return file.Network.MeasureInterpretability(
            file.WithObjects(images, uncut), AnalysedPhotographs.Changing(ChangedPhotographs, images.Count), cancellation);
    }

    private static int Run(ModelFile model, ImageDataset measured, Wanted wanted, Shown shown, InvocationConfiguration console)
    {
        KnownClasses classes = KnownClasses.Of(model.ClassNames, [.. measured.Train, .. measured.Test]);
        // ML.NET silently skips rows without a known class.
        IReadOnlyList<ImageRecord> records = classes.OrFail("not measured", console.Error);
        ScoredSet scored = ScoredSet.Of(model, measured, records);
        IReadOnlyList<ScoredPhotograph> novel = wanted.Novel is { } other ? ScoredSet.Of(model, other, [.. other.Train, .. other.Test]).Photographs : [];
        ConfidenceReport confidence = scored.Confidence(model, novel, wanted.Thresholds);
        MulticlassClassificationMetrics metrics = scored.Metrics();
        var evaluation = new Evaluation(
            records.Count, classes.Total, [.. classes.Unknown.Select(c => c.Name)], metrics.MicroAccuracy, metrics.MacroAccuracy, metrics.LogLoss,
            Math.Round(scored.Seconds, 2), Math.Round(records.Count / scored.Seconds, 1),
            [.. model.ClassNames.Select((name, k) => ClassFigures.Of(name, k, metrics.ConfusionMatrix))])
        {
            Confidence = confidence,
            Interpretability = shown.Explanations is { } report ? ExplanationFigures.Of(report) : null,
        };
        if (shown.Folder is { } folder)
        {
            WholeFile.Write(Path.Combine(folder, ConfidencePage), confidence.Html(model.Name));
            if (shown.Explanations is { } explanations) WholeFile.Write(Path.Combine(folder, "interpretability.html"), explanations.Html(model.Name));
        }
        if (shown.AsJson) console.Output.WriteLine(JsonSerializer.Serialize(evaluation, Json));
        else Show(evaluation, shown);
        return UnreadablePhotographs.AtTheEnd(measured.LeftOut.Count + (wanted.Novel?.LeftOut.Count ?? 0));
    }

    private static void Show(Evaluation evaluation, Shown shown)
    {
        var table = new Table().AddColumns("class", "photographs", "recall", "precision");
        foreach (ClassFigures c in evaluation.PerClass)
            table.AddRow(c.Name.EscapeMarkup(), $"{c.Images}", Share(c.Recall), Share(c.Precision));
        AnsiConsole.Write(table);
        Console.WriteLine(
            $"{(evaluation.Images < evaluation.Photographs ? $"{evaluation.Images} of " : "")}{evaluation.Photographs} {shown.Split} photographs: "
            + $"accuracy {evaluation.Accuracy:P1}, mean per class {evaluation.MacroAccuracy:P1}, log-loss {evaluation.LogLoss:F3}; "
            + $"{evaluation.Seconds:F1} s, {evaluation.ImagesPerSecond:F0} images/s");
        Console.WriteLine(ConfidenceWording.Calibration(evaluation.Confidence));
        AnsiConsole.Write(ConfidenceWording.Abstention(evaluation.Confidence));
        if (ConfidenceWording.Novelty(evaluation.Confidence) is { } novelty) Console.WriteLine(novelty);
        if (evaluation.Interpretability is { } figures) Show(figures, shown.Explanations!);
        if (shown.Folder is not null)
            Console.WriteLine($"Written to {shown.Folder}: {ConfidencePage}{(shown.Explanations is null ? "" : ", interpretability.html")}");
    }

    private static void Show(ExplanationFigures figures, InterpretabilityReport report)
    {
        AnsiConsole.Write(figures.Table());
        if (figures.Consistency is null) Console.WriteLine("No parts are annotated here: what takes them is not measured.");
        foreach (MeasuredPrototype one in report.Prototypes.Where(p => p.Trust.BestPart is not null)
            .OrderByDescending(p => p.Trust.BestPart!.Share).Take(MostTrusted))
            Console.WriteLine($"  {one.Prototype.Name} {one.Trust.BestPart}");
    }

    private static string Share(double? share) => share is { } known ? $"{known:P1}" : "–";

    private sealed record Evaluation(
        int Images, int Photographs, IReadOnlyList<string> UnknownClasses, double Accuracy, double MacroAccuracy, double LogLoss,
        double Seconds, double ImagesPerSecond, IReadOnlyList<ClassFigures> PerClass)
    {
        public required ConfidenceReport Confidence { get; init; }

        /// <summary>Null unless asked for.</summary>
        public ExplanationFigures? Interpretability { get; init; }
    }

    /// <summary>What to measure besides.</summary>
    /// <param name="Novel">Photographs of something else; null for none.</param>
    /// <param name="Thresholds">Familiarities to abstain below.</param>
    private sealed record Wanted(ImageDataset? Novel, IReadOnlyList<double> Thresholds);

    /// <summary>What to show, and how.</summary>
    private sealed record Shown(string Split, InterpretabilityReport? Explanations, string? Folder, bool AsJson);

    /// <summary>Shares are null if the denominator is 0.</summary>
    private sealed record ClassFigures(string Name, int Images, double? Recall, double? Precision)
    {
        public static ClassFigures Of(string name, int k, ConfusionMatrix matrix)
        {
            int images = (int)matrix.Counts[k].Sum();
            bool predicted = matrix.Counts.Sum(row => row[k]) > 0;
            return new(name, images, images > 0 ? matrix.PerClassRecall[k] : null, predicted ? matrix.PerClassPrecision[k] : null);
        }
    }
}
