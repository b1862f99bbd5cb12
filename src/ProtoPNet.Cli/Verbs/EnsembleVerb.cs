using System.CommandLine;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Files;

namespace ProtoPNet.Cli.Verbs;

/// <summary><c>protopnet ensemble</c>: several models as one, whose logits are summed.</summary>
internal static class EnsembleVerb
{
    public static Command Create()
    {
        var command = new Command(
            "ensemble", "Combines models of the same classes into one: their logits are summed. 'evaluate', 'predict' and 'explain' take it.");
        var model = new Option<FileInfo[]>("--model")
        {
            Description = "The files model.zip, two or more: --model a.zip --model b.zip.",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        var output = new Option<FileInfo>("--output") { Description = "The file to write.", Required = true };
        var replacement = new Replacement();
        command.Add(model);
        command.Add(output);
        replacement.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(() =>
        {
            string[] paths = [.. parsed.GetRequiredValue(model).Select(file => file.Existing("model"))];
            string to = parsed.GetRequiredValue(output).FullName;
            if (paths.Length < 2) throw new ArgumentException("An ensemble needs at least two models: --model a.zip --model b.zip.");
            if (paths.GroupBy(path => path).FirstOrDefault(same => same.Count() > 1) is { } twice)
                throw new ArgumentException($"The model '{twice.Key}' is given twice.");
            if (paths.Contains(to))
                throw new ArgumentException($"--output is one of the models, '{to}', which is not overwritten. Choose another file.");
            replacement.Check(parsed, to);
            WholeFile.Check(to);
            return Run(paths, to, cancellation);
        }, cancellation));
        return command;
    }

    private static int Run(string[] paths, string output, CancellationToken cancellation)
    {
        List<ModelFile> files = [];
        try
        {
            foreach (string path in paths)
            {
                cancellation.ThrowIfCancellationRequested();
                files.Add(ModelFile.Open(path));
            }
            ProtoPNetEnsemble ensemble = EnsembleFile.Write([.. Names(paths).Zip(files)], output);
            foreach (EnsembleMember member in ensemble.Members)
                Console.WriteLine($"  {member.Name}: {member.Model.Prototypes.Count} prototypes of {member.Model.ClassNames.Count} classes");
            Console.WriteLine($"Written: {output}");
            return 0;
        }
        finally
        {
            foreach (ModelFile file in files) file.Dispose();
        }
    }

    /// <summary>Members are called after their files, or the folders of these if all are called model.zip.</summary>
    private static IReadOnlyList<string> Names(string[] paths)
    {
        string[] folders = [.. paths.Select(path => Path.GetFileName(Path.GetDirectoryName(path)) ?? "")];
        bool alike = paths.Select(Path.GetFileName).Distinct(StringComparer.OrdinalIgnoreCase).Count() == 1;
        return alike && folders.All(name => name.Length > 0) && folders.Distinct(StringComparer.OrdinalIgnoreCase).Count() == folders.Length
            ? folders
            : UniqueNames.Of(paths);
    }
}
