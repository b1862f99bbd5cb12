using System.CommandLine;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Reports;

namespace ProtoPNet.Cli.Verbs;

/// <summary><c>protopnet prototypes</c>: the gallery of all prototypes and of what they find in a data set.</summary>
internal static class PrototypesVerb
{
    public static Command Create()
    {
        var command = new Command("prototypes", "Shows all prototypes of a model with the photographs of a data set that are nearest to each.");
        var model = new Option<FileInfo>("--model") { Description = "The file model.zip.", Required = true };
        var dataset = new DatasetChoice();
        var output = new Option<DirectoryInfo>("--output") { Description = "The folder for the page.", Required = true };
        var nearest = new Option<int>("--nearest")
        {
            Description = "How many nearest photographs to keep for each prototype.",
            DefaultValueFactory = _ => 6,
        };
        var json = new Option<bool>("--json") { Description = "Also write the figures as JSON." };
        command.Add(model);
        dataset.AddTo(command);
        foreach (Option option in (Option[])[output, nearest, json]) command.Add(option);
        command.SetAction((parsed, cancellation) => Task.Run(() =>
        {
            using ModelFile file = ModelFile.Open(parsed.GetRequiredValue(model).FullName);
            ImageDataset photographs = dataset.Readable(parsed, file.Cut(dataset.Load(parsed)), cancellation);
            return Run(file, photographs, parsed.GetRequiredValue(output).FullName, parsed.GetValue(nearest), parsed.GetValue(json), cancellation);
        }, cancellation));
        return command;
    }

    private static int Run(ModelFile file, ImageDataset dataset, string folder, int nearest, bool json, CancellationToken cancellation)
    {
        (string Name, IReadOnlyList<AnalysedImage> Images)[] sets =
            [.. new[] { ("training", dataset.Train), ("test", dataset.Test) }
                .Where(set => set.Item2.Count > 0).Select(set => (set.Item1, file.Images(dataset, set.Item2)))];
        GalleryReport gallery = file.Network.PrototypeGallery(file.Name, sets, nearest, cancellation);
        string start = Path.Combine(Directory.CreateDirectory(folder).FullName, "prototypes");
        File.WriteAllText(start + ".html", gallery.Html());
        if (json) File.WriteAllText(start + ".json", gallery.Json());
        int impure = gallery.Entries.Count(entry => entry.Purity < 0.5);
        Console.WriteLine(
            $"{gallery.Entries.Count} prototypes, {impure} of them with less than half of their nearest photographs in their class: {start}.html");
        return UnreadablePhotographs.AtTheEnd(dataset.LeftOut.Count);
    }
}
