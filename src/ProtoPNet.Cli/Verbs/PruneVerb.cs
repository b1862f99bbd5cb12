using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Pruning;
using Spectre.Console;

namespace ProtoPNet.Cli.Verbs;

/// <summary><c>protopnet prune</c>: removes prototypes from a model.</summary>
internal static class PruneVerb
{
    private static readonly PruningRule PapersRule = new();

    public static Command Create()
    {
        var command = new Command(
            "prune", "Removes prototypes by the paper's rule or by number, solves the last layer again and writes a new model.");
        var model = new Option<FileInfo>("--model") { Description = "The file model.zip; it is not changed.", Required = true };
        var output = new Option<FileInfo>("--output") { Description = "The file to write the new model to.", Required = true };
        var dataset = new DatasetChoice(required: false);
        var rule = new Option<bool>("--rule")
        {
            Description = "Remove prototypes with too few nearest training photographs of their own class. "
                + "The default without --remove and --merge-duplicates; implied by --nearest and --threshold.",
        };
        Option<int> nearest = Ask.Whole("--nearest", "The number of nearest photographs that the rule examines.", PapersRule.Nearest, 1, 1000);
        Option<int> threshold = Ask.Whole("--threshold", "How many of them must be of the prototype's class.", PapersRule.Threshold, 0, 1000);
        var replacement = new Replacement();
        var remove = new Option<int[]>("--remove")
        {
            Description = "Prototypes to remove, by their numbers in the gallery: 12,40.",
            CustomParser = Numbers,
            DefaultValueFactory = _ => [],
        };
        var merge = new Option<bool>("--merge-duplicates")
        {
            Description = "Merge prototypes of a class that are the same patch. Logits do not change.",
        };
        var l1 = new Option<string?>("--l1")
        {
            Description = "λ for the new last layer: a number, or 'validation' to choose it on a fifth of the training photographs. "
                + "Default: as in training.",
        };
        var edits = new EditsChoice();
        command.Add(model);
        dataset.AddTo(command);
        foreach (Option option in (Option[])[rule, nearest, threshold, remove, merge, l1, output]) command.Add(option);
        edits.AddTo(command);
        replacement.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(() =>
        {
            int[] chosen = parsed.GetRequiredValue(remove);
            bool merges = parsed.GetValue(merge), nothingElse = chosen.Length == 0 && !merges;
            ModelRevision? revision = edits.Revision(parsed);
            bool asked = parsed.GetValue(rule) || Given(parsed, nearest) || Given(parsed, threshold);
            if (revision is not null && (asked || !nothingElse))
                throw new ArgumentException(
                    "--edits says which prototypes leave: leave out --rule, --nearest, --threshold, --remove and --merge-duplicates.");
            bool rules = asked || nothingElse && revision is null;
            if (rules && parsed.GetValue(threshold) > parsed.GetValue(nearest))
                throw new ArgumentException(
                    $"--threshold is {parsed.GetValue(threshold)}; it must be from 0 to --nearest ({parsed.GetValue(nearest)}).");
            PruningOptions options = new()
            {
                Rule = rules ? new(parsed.GetValue(nearest), parsed.GetValue(threshold)) : null,
                Remove = chosen,
                MergeDuplicates = merges,
                L1 = Choice(parsed.GetValue(l1)),
            };
            string from = parsed.GetRequiredValue(model).Existing("model"), to = parsed.GetRequiredValue(output).FullName;
            if (from == to) throw new ArgumentException($"--output is the model itself, '{from}', which is not overwritten. Choose another file.");
            ImageDataset? photographs = dataset.LoadIfGiven(parsed);
            if (rules && photographs is null)
                throw new ArgumentException(
                    "The rule needs the training photographs: give --data, or choose prototypes yourself with --remove.");
            replacement.Check(parsed, to);
            WholeFile.Check(to);
            using ModelFile file = ModelFile.Open(from);
            ImageDataset? readable = photographs is null ? null : dataset.Readable(parsed, file.Cut(photographs), cancellation);
            return revision is null
                ? Run(file, readable, (training, test) => file.Network.Prune(options, training, test, cancellation), to)
                : Run(file, readable, (training, test) => file.Network.Edit(revision, training, test, new() { L1 = options.L1 }, cancellation), to);
        }, cancellation));
        return command;
    }

    private static int Run(
        ModelFile file, ImageDataset? dataset, Func<IReadOnlyList<AnalysedImage>, IReadOnlyList<AnalysedImage>, PrunedProtoPNet> prune, string output)
    {
        PrunedProtoPNet pruned = dataset is null
            ? prune([], [])
            : prune(Known(file, dataset, dataset.Train), Known(file, dataset, dataset.Test));
        using ProtoPNetTransformer network = pruned.Transformer;
        file.SaveWith(network, output);
        Show(pruned.Report);
        if (dataset is null && pruned.Report.Pruned.Any(gone => gone.Reason is not PruningReason.SameAs))
            Console.WriteLine("The last layer was not solved again: that needs the training photographs (--data).");
        Console.WriteLine($"Written: {output}");
        return UnreadablePhotographs.AtTheEnd(dataset?.LeftOut.Count ?? 0);
    }

    private static IReadOnlyList<AnalysedImage> Known(ModelFile file, ImageDataset dataset, IReadOnlyList<ImageRecord> records)
        => file.Images(dataset, KnownClasses.Of(file.Network.ClassNames, records).OrFail("not used", Console.Error));

    private static void Show(PruningReport report)
    {
        var figures = new Table().AddColumns("", "before", "after");
        void Row(string what, Func<PruningFigures, string> figure) => figures.AddRow(what, figure(report.Before), figure(report.After));
        Row("prototypes", model => $"{model.Prototypes}");
        Row("nonzero weights between classes", model => $"{model.Connections}");
        Row("accuracy on the training photographs", model => Share(model.TrainingAccuracy));
        Row("accuracy on the test photographs", model => Share(model.TestAccuracy));
        AnsiConsole.Write(figures);
        if (report.LastLayer is { } solved) Console.WriteLine($"last layer, λ = {solved.L1:G3}: {solved.Solution.Certificate}");
        if (report.Pruned.Count == 0) Console.WriteLine("No prototype was removed.");
        foreach (PrunedPrototype gone in report.Pruned)
        {
            string purity = gone.Purity is { } share ? $" (purity {share:P0})" : "";
            Console.WriteLine($"  {gone.Prototype.Index,4}  {gone.Prototype.Name}: {gone.Reason}{purity}");
        }
        foreach (Prototype spared in report.Spared)
            Console.WriteLine($"  {spared.Index,4}  {spared.Name} is kept despite the rule: its class would have no prototype left.");
    }

    private static bool Given(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    private static string Share(double? accuracy) => accuracy is { } share ? $"{share:P1}" : "not measured";

    private static L1Choice? Choice(string? l1) => l1 switch
    {
        null => null,
        "validation" => new L1Choice.ByValidation(1e-2, 1e-4, 9),
        _ when double.TryParse(l1, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= 0 && double.IsFinite(value)
            => new L1Choice.Fixed(value),
        _ => throw new ArgumentException($"--l1 is '{l1}'; it must be a number of at least 0 (such as 3e-3) or 'validation'."),
    };

    private static int[]? Numbers(ArgumentResult argument)
    {
        List<int> numbers = [];
        const StringSplitOptions Tidy = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;
        foreach (string text in argument.Tokens.SelectMany(token => token.Value.Split(',', Tidy)))
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)) numbers.Add(number);
            else argument.AddError($"--remove: '{text}' is not a prototype number. Give numbers as in the gallery: 12,40.");
        return [.. numbers];
    }
}
