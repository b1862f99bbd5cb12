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
    private const string EvaluationPage = "evaluation.html";

    private const int MostTrusted = 5;

    private const string ConfidencePage = "confidence.html";

    /// <summary>Photographs to change for deletion, completeness and continuity.</summary>
    private const int ChangedPhotographs = 60;

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    public static Command Create()
    {
        var command = new Command("evaluate",
            "Measures a saved model on the test photographs of a data set (all photographs if it has no test split).");
        var model = new Option<FileInfo>("--model") { Description = "The file model.zip, or an ensemble.", Required = true };
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
            Description = "The folder to write pages to: evaluation.html, confidence.html and, with --interpretability, interpretability.html.",
        };
        DatasetChoice novel = DatasetChoice.Novel();
        Option<double?> abstain = Ask.NumberOrNot(
            "--abstain-below", "A familiarity, the likeness of what the predicted class's prototypes find to what they are (of models of earlier versions: the "
                + "mean similarity to the five nearest prototypes; without prototypes: the probability of the predicted class), below which the answer is "
                + "'unknown': also report what that leads to.", -1e6, 1e6);
        command.Add(interpretability);
        command.Add(output);
        novel.AddSourceTo(command);
        command.Add(abstain);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                string? folder = Pages(parsed.GetValue(output));
                using SavedPipeline file = SavedPipeline.Open(parsed.GetRequiredValue(model).Existing("model"));
                PrototypeFile? explained = parsed.GetValue(interpretability) ? file as PrototypeFile ?? throw WithoutPrototypes(file) : null;
                if (parsed.GetValue(abstain) is not null) file.CheckFamiliarity();
                ImageDataset all = dataset.Load(parsed), split = all.Test.Count > 0 ? all.TestSplit() : all.TrainingSplit();
                ImageDataset measured = dataset.Readable(parsed, file.Cut(split), cancellation);
                ImageDataset? other = novel.LoadIfGiven(parsed) is { } given ? dataset.Readable(parsed, file.Cut(given), cancellation) : null;
                var known = KnownPhotographs.Of(file, measured, parsed.InvocationConfiguration.Error);
                IReadOnlyList<ExplainedModel> explanations = explained is null ? [] : Measure(explained, known, split, cancellation);
                string name = all.Test.Count > 0 ? "test" : "training";
                var wanted = new Wanted(other, parsed.GetValue(abstain) is { } threshold ? [threshold] : []);
                return Run(file, known, wanted, new(name, explanations, folder, parsed.GetValue(json)), parsed.InvocationConfiguration);
            },
            cancellation));
        return command;
    }

    private static ArgumentException WithoutPrototypes(SavedPipeline file)
        => new($"--interpretability measures what prototypes point at; '{file.Path}' is {file.Kind}. Leave the option out.");

    /// <summary>The folder to write pages to; null for none.</summary>
    /// <exception cref="IOException">It cannot be written to.</exception>
    private static string? Pages(DirectoryInfo? output)
    {
        if (output is not null) WholeFile.Check(Path.Combine(output.FullName, EvaluationPage));
        return output?.FullName;
    }

    /// <summary>Writes the pages; returns their paths.</summary>
    private static IReadOnlyList<string> WritePages(
        string folder, string name, ConfusionReport confusion, ConfidenceReport confidence, IReadOnlyList<ExplainedModel> explanations)
    {
        (string page, string confident) = (Path.Combine(folder, EvaluationPage), Path.Combine(folder, ConfidencePage));
        WholeFile.Write(page, confusion.Html(name));
        WholeFile.Write(confident, confidence.Html(name));
        return [page, confident, .. explanations.Select(one => one.WritePage(Path.Combine(folder, "interpretability.html")))];
    }

    /// <summary>The explanations of each model.</summary>
    private static ExplainedModel[] Measure(PrototypeFile file, KnownPhotographs known, ImageDataset uncut, CancellationToken cancellation)
    {
        IReadOnlyList<AnalysedImage> images = file.Images(known.Dataset, known.Records);
        InterpretabilityOptions options = AnalysedPhotographs.Changing(ChangedPhotographs, images.Count);
        return [.. file.Models.Select(one =>
        {
            // A member may number the classes in an order of its own.
            IReadOnlyList<AnalysedImage> own = Renumbered(images, file.ClassNames, one.Model.ClassNames);
            InterpretabilityReport report = one.Model.MeasureInterpretability(file.WithObjects(own, uncut), options, cancellation);
            return new ExplainedModel(one.Name, report, file is EnsembleFile);
        })];
    }

    private static IReadOnlyList<AnalysedImage> Renumbered(
        IReadOnlyList<AnalysedImage> images, IReadOnlyList<string> names, IReadOnlyList<string> own)
    {
        Dictionary<string, int> numbers = own.Index().ToDictionary(one => one.Item, one => one.Index);
        return [.. images.Select(image => image with { ClassIndex = image.ClassIndex is { } k ? numbers[names[k]] : null })];
    }

    private static int Run(SavedPipeline model, KnownPhotographs known, Wanted wanted, Shown shown, InvocationConfiguration console)
    {
        (ImageDataset measured, KnownClasses classes, IReadOnlyList<ImageRecord> records) = known;
        ScoredSet scored = ScoredSet.Of(model, measured, records);
        IReadOnlyList<ScoredPhotograph> novel = wanted.Novel is { } other ? ScoredSet.Of(model, other, [.. other.Train, .. other.Test]).Photographs : [];
        ConfidenceReport confidence = scored.Confidence(model, novel, wanted.Thresholds);
        MulticlassClassificationMetrics metrics = scored.Metrics();
        var confusion = ConfusionReport.Of(metrics.ConfusionMatrix, model.ClassNames);
        var evaluation = new Evaluation(
            records.Count, classes.Total, [.. classes.Unknown.Select(c => c.Name)], metrics.MicroAccuracy, metrics.MacroAccuracy, metrics.LogLoss,
            Math.Round(scored.Seconds, 2), Math.Round(records.Count / scored.Seconds, 1),
            confusion.Classes, confusion.Confusions)
        {
            Confidence = confidence,
            Interpretability = model is ModelFile && shown.Explanations is [var only] ? ExplanationFigures.Of(only.Report) : null,
            Members = model is EnsembleFile { Ensemble: var ensemble } ? MemberFigures.Of(ensemble, scored, shown.Explanations) : null,
        };
        IReadOnlyList<string> pages = shown.Folder is { } folder ? WritePages(folder, model.Name, confusion, confidence, shown.Explanations) : [];
        if (shown.AsJson) console.Output.WriteLine(JsonSerializer.Serialize(evaluation, Json));
        else
        {
            Show(evaluation, confusion, shown, pages);
            if (model is ModelFile { Network.FamiliarityColumnName: null })
                Console.WriteLine("Familiarity is the mean similarity to the five nearest prototypes: the model keeps no features of all its prototypes' patches.");
        }
        return UnreadablePhotographs.AtTheEnd(measured.LeftOut.Count + (wanted.Novel?.LeftOut.Count ?? 0));
    }

    private static void Show(Evaluation evaluation, ConfusionReport confusion, Shown shown, IReadOnlyList<string> pages)
    {
        AnsiConsole.Write(ConfusionDisplay.Classes(confusion));
        if (confusion.Confusions.Count > 0) AnsiConsole.Write(ConfusionDisplay.Mistakes(confusion));
        Console.WriteLine(
            $"{(evaluation.Images < evaluation.Photographs ? $"{evaluation.Images} of " : "")}{evaluation.Photographs} {shown.Split} photographs: "
            + $"accuracy {evaluation.Accuracy:P1}, mean per class {evaluation.MacroAccuracy:P1}, log-loss {evaluation.LogLoss:F3}; "
            + $"{evaluation.Seconds:F1} s, {evaluation.ImagesPerSecond:F0} images/s");
        Console.WriteLine(ConfidenceWording.Calibration(evaluation.Confidence));
        if (ConfidenceWording.Abstention(evaluation.Confidence) is { } abstention) AnsiConsole.Write(abstention);
        else Console.WriteLine("A member of this ensemble keeps no features of its prototypes' patches, so there is no familiarity to abstain by.");
        if (ConfidenceWording.Novelty(evaluation.Confidence) is { } novelty) Console.WriteLine(novelty);
        foreach (MemberFigures member in evaluation.Members ?? []) Console.WriteLine($"  {member.Name} alone: accuracy {member.Accuracy:P1}");
        foreach (ExplainedModel one in shown.Explanations)
        {
            if (evaluation.Members is not null) Console.WriteLine($"{one.Name}:");
            Show(ExplanationFigures.Of(one.Report), one.Report);
        }
        foreach (string page in pages) Console.WriteLine($"Written: {page}");
    }

    private static void Show(ExplanationFigures figures, InterpretabilityReport report)
    {
        AnsiConsole.Write(figures.Table());
        if (figures.Consistency is null) Console.WriteLine("No parts are annotated here: what takes them is not measured.");
        foreach (MeasuredPrototype one in report.Prototypes.Where(p => p.Trust.BestPart is not null)
            .OrderByDescending(p => p.Trust.BestPart!.Share).Take(MostTrusted))
            Console.WriteLine($"  {one.Prototype.Name} {one.Trust.BestPart}");
    }

    private sealed record Evaluation(
        int Images, int Photographs, IReadOnlyList<string> UnknownClasses, double Accuracy, double MacroAccuracy, double LogLoss,
        double Seconds, double ImagesPerSecond, IReadOnlyList<ConfusedClass> PerClass, IReadOnlyList<Confusion> Confusions)
    {
        public required ConfidenceReport Confidence { get; init; }

        /// <summary>Of a single model; null unless asked for.</summary>
        public ExplanationFigures? Interpretability { get; init; }

        /// <summary>The members of an ensemble; null for a single model.</summary>
        public IReadOnlyList<MemberFigures>? Members { get; init; }
    }

    /// <summary>A member of an ensemble by itself.</summary>
    private sealed record MemberFigures(string Name, double Accuracy, ExplanationFigures? Interpretability)
    {
        public static MemberFigures[] Of(ProtoPNetEnsemble ensemble, ScoredSet scored, IReadOnlyList<ExplainedModel> explained)
        {
            int[] right = new int[ensemble.Members.Count];
            foreach ((int label, float[] logits) in scored.Labels.Zip(scored.Rows.GetColumn<float[]>(ProtoPNetEnsemble.MemberLogitsColumnName)))
                foreach ((int m, float[] own) in logits.Chunk(ensemble.ClassNames.Count).Index())
                    if (Array.IndexOf(own, own.Max()) == label) right[m]++;
            return [.. ensemble.Members.Select((member, m) => new MemberFigures(
                member.Name, (double)right[m] / scored.Labels.Count, explained.Count > 0 ? ExplanationFigures.Of(explained[m].Report) : null))];
        }
    }

    /// <summary>The measured explanations of a model.</summary>
    private sealed record ExplainedModel(string Name, InterpretabilityReport Report, bool IsMember)
    {
        /// <summary>Writes its page; returns the path.</summary>
        /// <param name="page">The path of the page of a single model.</param>
        public string WritePage(string page)
        {
            string path = IsMember ? $"{Path.ChangeExtension(page, null)}-{OutputFolder.SafeName(Name)}.html" : page;
            WholeFile.Write(path, Report.Html(Name));
            return path;
        }
    }

    /// <summary>The photographs of classes that the model knows: ML.NET silently skips rows of others.</summary>
    private sealed record KnownPhotographs(ImageDataset Dataset, KnownClasses Classes, IReadOnlyList<ImageRecord> Records)
    {
        /// <exception cref="DatasetException">No class is known.</exception>
        public static KnownPhotographs Of(SavedPipeline model, ImageDataset measured, TextWriter warnings)
        {
            KnownClasses classes = KnownClasses.Of(model.ClassNames, [.. measured.Train, .. measured.Test]);
            return new(measured, classes, classes.OrFail("not measured", warnings));
        }
    }

    /// <summary>What to measure besides.</summary>
    /// <param name="Novel">Photographs of something else; null for none.</param>
    /// <param name="Thresholds">Familiarities to abstain below.</param>
    private sealed record Wanted(ImageDataset? Novel, IReadOnlyList<double> Thresholds);

    /// <summary>What to show, and how.</summary>
    private sealed record Shown(string Split, IReadOnlyList<ExplainedModel> Explanations, string? Folder, bool AsJson);
}
