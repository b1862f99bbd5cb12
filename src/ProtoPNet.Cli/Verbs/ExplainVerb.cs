using System.CommandLine;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Reports;

namespace ProtoPNet.Cli.Verbs;

/// <summary><c>protopnet explain</c>: a page for each photograph.</summary>
internal static class ExplainVerb
{
    public static Command Create()
    {
        var command = new Command("explain", "Explains what a model says of photographs: a page for each, figures as JSON, pictures as PNG.");
        var model = new Option<FileInfo>("--model") { Description = "The file model.zip.", Required = true };
        var images = new Option<FileInfo[]>("--image") { Description = "Photographs.", Required = true, AllowMultipleArgumentsPerToken = true };
        var output = new Option<DirectoryInfo>("--output") { Description = "The folder for the pages.", Required = true };
        var classes = new Option<int>("--classes") { Description = "How many of the most probable classes to show.", DefaultValueFactory = _ => 3 };
        var whyNot = new Option<string[]>("--why-not") { Description = "Classes to show besides.", DefaultValueFactory = _ => [] };
        var json = new Option<bool>("--json") { Description = "Also write the figures as JSON." };
        var pictures = new Option<bool>("--pictures") { Description = "Also write the pictures alone, as PNG." };
        foreach (Option option in (Option[])[model, images, output, classes, whyNot, json, pictures]) command.Add(option);
        var unreadable = new UnreadablePhotographs();
        unreadable.AddTo(command);
        command.SetAction(parsed =>
        {
            foreach (FileInfo image in parsed.GetRequiredValue(images))
                if (!image.Exists) throw new FileNotFoundException($"There is no photograph '{image}'.", image.FullName);
            using ModelFile file = ModelFile.Open(parsed.GetRequiredValue(model).FullName);
            LocalReportOptions options = new()
            {
                Classes = parsed.GetValue(classes),
                AlsoClasses = [.. parsed.GetRequiredValue(whyNot).Select(name => Number(file, name))],
            };
            if (file.Crops) Console.Error.WriteLine("This model was trained on photographs cut to their boxes; give photographs cut likewise.");
            int leftOut = 0;
            foreach (FileInfo image in parsed.GetRequiredValue(images))
                try
                {
                    Explain(file.Network, image, options, parsed.GetRequiredValue(output).FullName, parsed.GetValue(json), parsed.GetValue(pictures));
                }
                catch (UnreadableImageException e)
                {
                    unreadable.LeaveOut(parsed, $"{image}", e);
                    leftOut++;
                }
            return leftOut < parsed.GetRequiredValue(images).Length ? UnreadablePhotographs.AtTheEnd(leftOut)
                : throw new UnreadableImageException("No photograph could be explained: see above.");
        });
        return command;
    }

    private static void Explain(
        ProtoPNetTransformer network, FileInfo image, LocalReportOptions options, string folder, bool json, bool pictures)
    {
        LocalReport report = network.ExplainAsReport(Bytes(image), image.Name, options);
        string start = Path.Combine(Directory.CreateDirectory(folder).FullName, Path.GetFileNameWithoutExtension(image.Name));
        File.WriteAllText(start + ".html", report.Html());
        if (json) File.WriteAllText(start + ".json", report.Json());
        if (pictures) report.WritePictures(start);
        Console.WriteLine($"{image.Name}: {report.Explanation.Predicted.Name} ({report.Explanation.Predicted.Probability:P1}), {start}.html");
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

    private static int Number(ModelFile file, string name)
        => file.Network.ClassNames.Index().Where(one => one.Item == name).Select(one => (int?)one.Index).FirstOrDefault()
            ?? throw new ArgumentException($"The model knows no class '{name}'. It knows {string.Join(", ", file.Network.ClassNames.Take(20))}.");
}
