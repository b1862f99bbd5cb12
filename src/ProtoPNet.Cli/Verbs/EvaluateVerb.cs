using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.Cli.Measures;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.Reports;
using Spectre.Console;

namespace ProtoPNet.Cli.Verbs;

/// <summary><c>protopnet evaluate</c>: evaluates a saved model on the test photographs of a data set.</summary>
internal static class EvaluateVerb
{
    private const int MostTrusted = 5;

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
            Description = "With --interpretability: the folder to write the page interpretability.html to.",
        };
        command.Add(interpretability);
        command.Add(output);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                string? page = Page(parsed.GetValue(output), parsed.GetValue(interpretability));
                using ModelFile file = ModelFile.Open(parsed.GetRequiredValue(model).Existing("model"));
                ImageDataset all = dataset.Load(parsed), split = all.Test.Count > 0 ? all.TestSplit() : all.TrainingSplit();
                ImageDataset measured = dataset.Readable(parsed, file.Cut(split), cancellation);
                InterpretabilityReport? explanations = parsed.GetValue(interpretability) ? Measure(file, measured, split, cancellation) : null;
                if (page is not null) WholeFile.Write(page, explanations!.Html(file.Name));
                string name = all.Test.Count > 0 ? "test" : "training";
                return Run(file, measured, new(name, explanations, page, parsed.GetValue(json)), parsed.InvocationConfiguration);
            },
            cancellation));
        return command;
    }

    /// <summary>The page to write; null for none.</summary>
    /// <exception cref="ArgumentException">There is nothing to write.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    private static string? Page(DirectoryInfo? output, bool measured)
    {
        if (output is null) return null;
        if (!measured) throw new ArgumentException("--output is for the page of --interpretability; add that.");
        string page = Path.Combine(output.FullName, "interpretability.html");
        WholeFile.Check(page);
        return page;
    }

    private static InterpretabilityReport Measure(ModelFile file, ImageDataset measured, ImageDataset uncut, CancellationToken cancellation)
    {
        IReadOnlyList<AnalysedImage> images = file.Images(measured, [.. measured.Train, .. measured.Test]);
        return file.Network.MeasureInterpretability(
            file.WithObjects(images, uncut), AnalysedPhotographs.Changing(ChangedPhotographs, images.Count), cancellation);
    }

    private static int Run(ModelFile model, ImageDataset measured, Shown shown, InvocationConfiguration console)
    {
        var ml = new MLContext(seed: 1);
        KnownClasses classes = KnownClasses.Of(model.Network.ClassNames, [.. measured.Train, .. measured.Test]);
        // ML.NET silently skips rows without a known class.
        IReadOnlyList<ImageRecord> records = classes.OrFail("not measured", console.Error);
        var watch = Stopwatch.StartNew();
        IDataView scored = model.Pipeline.Transform(ml.Rows(measured, records));
        MulticlassClassificationMetrics metrics = ml.MulticlassClassification.Evaluate(scored);
        double seconds = watch.Elapsed.TotalSeconds;
        VBuffer<ReadOnlyMemory<char>> names = default;
        scored.Schema["Score"].GetSlotNames(ref names);
        var evaluation = new Evaluation(
            records.Count, classes.Total, [.. classes.Unknown.Select(c => c.Name)], metrics.MicroAccuracy, metrics.MacroAccuracy, metrics.LogLoss,
            Math.Round(seconds, 2), Math.Round(records.Count / seconds, 1),
            [.. names.DenseValues().Select((name, k) => ClassFigures.Of($"{name}", k, metrics.ConfusionMatrix))]);
        evaluation = evaluation with { Interpretability = shown.Explanations is { } report ? ExplanationFigures.Of(report) : null };
        if (shown.AsJson) console.Output.WriteLine(JsonSerializer.Serialize(evaluation, Json));
        else Show(evaluation, shown);
        return UnreadablePhotographs.AtTheEnd(measured.LeftOut.Count);
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
        if (evaluation.Interpretability is { } figures) Show(figures, shown.Explanations!);
        if (shown.Page is not null) Console.WriteLine($"Written: {shown.Page}");
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
        /// <summary>Null unless asked for.</summary>
        public ExplanationFigures? Interpretability { get; init; }
    }

    /// <summary>What to show, and how.</summary>
    private sealed record Shown(string Split, InterpretabilityReport? Explanations, string? Page, bool AsJson);

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
