using System.CommandLine;
using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Reports;

namespace ProtoPNet.Cli.Verbs;

/// <summary><c>protopnet explain</c>: a page for each photograph.</summary>
internal static class ExplainVerb
{
    public static Command Create()
    {
        var command = new Command("explain", "Explains predictions: an HTML page per photograph, optionally JSON and PNG files.");
        var model = new Option<FileInfo>("--model") { Description = "The file model.zip, or an ensemble.", Required = true };
        var images = new Option<FileInfo[]>("--image") { Description = "The photographs.", Required = true, AllowMultipleArgumentsPerToken = true };
        var output = new Option<DirectoryInfo>("--output") { Description = "The folder to write to.", Required = true };
        Option<int> classes = Ask.Whole("--classes", "The number of most probable classes to show.", 3, 1, 1000);
        var whyNot = new Option<string[]>("--why-not") { Description = "Additional classes to show.", DefaultValueFactory = _ => [] };
        var json = new Option<bool>("--json") { Description = "Also write the figures as JSON." };
        var pictures = new Option<bool>("--pictures") { Description = "Also write the pictures as separate PNG files." };
        foreach (Option option in (Option[])[model, images, output, classes, whyNot, json, pictures]) command.Add(option);
        var unreadable = new UnreadablePhotographs();
        unreadable.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(() =>
        {
            string from = parsed.GetRequiredValue(model).Existing("model");
            FileInfo[] photographs = [.. parsed.GetRequiredValue(images).DistinctBy(image => image.Existing("photograph"))];
            IReadOnlyList<string> names = UniqueNames.Of([.. photographs.Select(image => image.FullName)]);
            string folder = parsed.GetRequiredValue(output).FullName;
            WholeFile.Check(Path.Combine(folder, names[0] + ".html"));
            using PrototypeFile file = SavedPipeline.Open<PrototypeFile>(from);
            LocalReportOptions options = new()
            {
                Classes = parsed.GetValue(classes),
                AlsoClasses = [.. parsed.GetRequiredValue(whyNot).Select(name => Number(file, name))],
            };
            if (file.Crops) Console.Error.WriteLine(SavedPipeline.GiveCropped);
            int leftOut = 0;
            foreach ((FileInfo image, string name) in photographs.Zip(names))
                try
                {
                    cancellation.ThrowIfCancellationRequested();
                    Explain(file, image, options, Path.Combine(folder, name), parsed.GetValue(json), parsed.GetValue(pictures));
                }
                catch (UnreadableImageException e)
                {
                    unreadable.LeaveOut(parsed, $"{image}", e);
                    leftOut++;
                }
            return leftOut < photographs.Length ? UnreadablePhotographs.AtTheEnd(leftOut)
                : throw new UnreadableImageException("No photograph could be explained: see above.");
        }, cancellation));
        return command;
    }

    private static void Explain(PrototypeFile file, FileInfo image, LocalReportOptions options, string start, bool json, bool pictures)
    {
        ExplainedPhotograph explained = file.Explain(Bytes(image), image.Name, options);
        WholeFile.Write(start + ".html", explained.Html());
        if (json) WholeFile.Write(start + ".json", explained.Json());
        if (pictures) explained.WritePictures(start);
        Console.WriteLine($"{image}: {explained.Predicted.Name} ({explained.Predicted.Probability:P1}), {start}.html");
    }

    private static byte[] Bytes(FileInfo image)
    {
        try
        {
            return File.ReadAllBytes(image.FullName);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnreadableImageException(e.Message, e);
        }
    }

    private static int Number(PrototypeFile file, string name)
        => file.ClassNames.Index().Where(one => one.Item == name).Select(one => (int?)one.Index).FirstOrDefault()
            ?? throw new ArgumentException($"The model has no class '{name}'. "
                + (file.ClassNames.FirstOrDefault(one => string.Equals(one, name, StringComparison.OrdinalIgnoreCase)) is { } meant
                    ? $"Class names are case-sensitive: did you mean '{meant}'?"
                    : $"It has {string.Join(", ", file.ClassNames.Take(20))}{(file.ClassNames.Count > 20 ? " and others" : "")}."));
}
