using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Images;

namespace ProtoPNet.Cli;

/// <summary>The photographs to predict: files, folders with all that is in them, and lists of paths on standard input.</summary>
internal static class PredictedPhotographs
{
    /// <summary>Stands for standard input, one path per line.</summary>
    private const string StandardInput = "-";

    /// <summary>Their paths, in the order given; standard input is read as far as they are taken.</summary>
    /// <exception cref="FileNotFoundException">A path on the command line does not exist.</exception>
    /// <exception cref="DatasetException">A folder contains no photographs.</exception>
    public static IEnumerable<string> Of(IReadOnlyList<string> given, TextReader input)
    {
        // Before the first photograph is read.
        foreach (string path in given)
        {
            if (path == StandardInput || File.Exists(path)) continue;
            if (!Directory.Exists(path)) throw new FileNotFoundException($"There is no photograph or folder '{path}'.", path);
            if (!In(path).Any())
                throw new DatasetException($"The folder '{path}' contains no photographs ({string.Join(' ', PhotographFile.Extensions)}).");
        }
        return given.SelectMany(path => path == StandardInput ? Lines(input) : Directory.Exists(path) ? In(path) : [path]);
    }

    private static IEnumerable<string> In(string folder)
        => new FolderWalk().AllFiles(folder).Where(file => PhotographFile.Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase));

    private static IEnumerable<string> Lines(TextReader input)
    {
        while (input.ReadLine() is { } line)
            if (!string.IsNullOrWhiteSpace(line)) yield return line;
    }
}
