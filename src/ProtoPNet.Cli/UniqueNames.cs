namespace ProtoPNet.Cli;

/// <summary>Names for what is written about files: as short as can be, and no two alike.</summary>
internal static class UniqueNames
{
    /// <summary>
    /// A name for each path: the file's without its ending; where that stands for several, with its ending, with its folder, and so on. Upper and
    /// lower case make no difference, as on the file systems of Windows and macOS.
    /// </summary>
    /// <param name="paths">Full paths, all of them different.</param>
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

    /// <summary>Where all folders do not tell them apart, their places on the command line do.</summary>
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
