namespace ProtoPNet.Cli;

/// <summary>Short, unique names for output about files.</summary>
internal static class UniqueNames
{
    /// <summary>
    /// A name for each path: the file name without extension; if ambiguous, with extension, then folder, and so on. Case-insensitive, like the file
    /// systems of Windows and macOS.
    /// </summary>
    /// <param name="paths">Full paths, all distinct.</param>
    public static IReadOnlyList<string> Of(IReadOnlyList<string> paths)
    {
        string[][] choices = [.. paths.Select(path => Choices(path).ToArray())];
        int[] chosen = new int[paths.Count];
        while (true)
        {
            string[] names = [.. choices.Select((all, i) => all[Math.Min(chosen[i], all.Length - 1)] + Number(chosen[i] - all.Length + 1, i))];
            int[] alike = [.. names.Index().GroupBy(name => name.Item, StringComparer.OrdinalIgnoreCase)
                .Where(group => group.Count() > 1).SelectMany(group => group).Select(name => name.Index)];
            if (alike.Length == 0) return names;
            foreach (int i in alike) chosen[i]++;
        }
    }

    /// <summary>If all the folders do not distinguish them, their positions on the command line do.</summary>
    private static string Number(int beyond, int place) => beyond > 0 ? $"-{place + beyond}" : "";

    private static IEnumerable<string> Choices(string path)
    {
        string stem = Path.GetFileNameWithoutExtension(path), ending = Path.GetExtension(path).TrimStart('.');
        string whole = ending.Length > 0 ? $"{stem}-{ending}" : stem;
        yield return stem;
        yield return whole;
        string folders = "";
        for (string? folder = Path.GetDirectoryName(path); Path.GetFileName(folder) is { Length: > 0 } name; folder = Path.GetDirectoryName(folder))
        {
            folders = $"{name}-{folders}";
            yield return folders + stem;
            yield return folders + whole;
        }
    }
}
