using System.CommandLine;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Files;

namespace ProtoPNet.Cli.Verbs;

/// <summary><c>protopnet export</c>: exports the network of a saved model for other runtimes.</summary>
internal static class ExportVerb
{
    public static Command Create()
    {
        var command = new Command("export", "Exports a model's network as ONNX or as a PyTorch state dict (safetensors).");
        var model = new Option<FileInfo>("--model") { Description = "The file model.zip.", Required = true };
        var format = new Option<string>("--format") { Description = "The format: onnx or state-dict.", Required = true };
        format.AcceptOnlyFromAmong("onnx", "state-dict");
        var output = new Option<FileInfo>("--output") { Description = "The file to write.", Required = true };
        var replacement = new Replacement();
        foreach (Option option in (Option[])[model, format, output]) command.Add(option);
        replacement.AddTo(command);
        command.SetAction(parsed =>
        {
            string from = parsed.GetRequiredValue(model).Existing("model"), to = parsed.GetRequiredValue(output).FullName;
            replacement.Check(parsed, to);
            WholeFile.Check(to);
            return Run(from, parsed.GetRequiredValue(format), to);
        });
        return command;
    }

    private static int Run(string path, string format, string output)
    {
        using SavedPipeline file = SavedPipeline.Open(path);
        switch (file)
        {
            case ModelFile { Network: var network }:
                if (format == "onnx") network.ExportOnnx(output);
                else network.ExportStateDict(output);
                break;
            case PooledFile { Classifier: var pooled }:
                if (format == "onnx") pooled.ExportOnnx(output);
                else pooled.ExportStateDict(output);
                break;
            default:
                throw file.Refused();
        }
        Console.WriteLine($"Written: {output}");
        return 0;
    }
}
