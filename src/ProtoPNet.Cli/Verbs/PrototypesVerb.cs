using System.CommandLine;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.Reports;

namespace ProtoPNet.Cli.Verbs;

/// <summary><c>protopnet prototypes</c>: a gallery of all prototypes and their nearest photographs.</summary>
internal static class PrototypesVerb
{
    public static Command Create()
    {
        var command = new Command("prototypes", "Writes a gallery of all prototypes, each with its nearest photographs in a data set.");
        var model = new Option<FileInfo>("--model") { Description = "The file model.zip.", Required = true };
        var dataset = new DatasetChoice();
        var output = new Option<DirectoryInfo>("--output") { Description = "The folder to write to.", Required = true };
        Option<int> nearest = Ask.Whole("--nearest", "The number of nearest photographs to show per prototype.", 6, 1, 1000);
        var json = new Option<bool>("--json") { Description = "Also write the figures as JSON." };
        command.Add(model);
        dataset.AddTo(command);
        foreach (Option option in (Option[])[output, nearest, json]) command.Add(option);
        command.SetAction((parsed, cancellation) => Task.Run(() =>
        {
            string folder = parsed.GetRequiredValue(output).FullName;
            string from = parsed.GetRequiredValue(model).Existing("model");
            WholeFile.Check(Path.Combine(folder, "prototypes.html"));
            using ModelFile file = ModelFile.Open(from);
            ImageDataset photographs = dataset.Readable(parsed, file.Cut(dataset.Load(parsed)), cancellation);
            return Run(file, photographs, folder, parsed.GetValue(nearest), parsed.GetValue(json), cancellation);
        }, cancellation));
        return command;
    }

    private static int Run(ModelFile file, ImageDataset dataset, string folder, int nearest, bool json, CancellationToken cancellation)
    {
        KnownClasses.Of(file.Network.ClassNames, [.. dataset.Train, .. dataset.Test]).OrFail("shown without their class", Console.Error);
        (string Name, IReadOnlyList<AnalysedImage> Images)[] sets =
            [.. new[] { ("training", dataset.Train), ("test", dataset.Test) }
                .Where(set => set.Item2.Count > 0).Select(set => (set.Item1, file.Images(dataset, set.Item2)))];
        GalleryReport gallery = file.Network.PrototypeGallery(file.Name, sets, nearest, cancellation);
        string start = Path.Combine(folder, "prototypes");
        WholeFile.Write(start + ".html", gallery.Html());
        if (json) WholeFile.Write(start + ".json", gallery.Json());
        int impure = gallery.Entries.Count(entry => entry.Purity < 0.5);
        Console.WriteLine(
            $"{gallery.Entries.Count} prototypes, {impure} of them with most nearest photographs from other classes: {start}.html");
        return UnreadablePhotographs.AtTheEnd(dataset.LeftOut.Count);
    }
}
