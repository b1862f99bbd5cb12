namespace ProtoPNet.Datasets;

/// <summary>
/// Photographs in one folder per class, either directly in the folder given (then all of them are for training) or in its folders <c>train</c> and
/// <c>test</c>. Deeper folders belong to their class.
/// </summary>
public static class ClassFolders
{
    private static readonly HashSet<string> _extensions = new(StringComparer.OrdinalIgnoreCase) { ".jpg", ".jpeg", ".png", ".bmp", ".webp", ".gif" };

    /// <summary>Lists what is in <paramref name="folder"/>; classes and files in the order of their names.</summary>
    /// <exception cref="DatasetException">There is no class, a class has no photograph to train with, or one to be tested is not trained.</exception>
    public static ImageDataset Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder)) throw new DatasetException($"There is no folder '{folder}'.");
        string train = Path.Combine(folder, "train"), test = Path.Combine(folder, "test");
        bool split = Directory.Exists(train);
        if (!split && Directory.Exists(test)) throw new DatasetException($"'{folder}' has a folder 'test' but none named 'train'.");
        string[] classes = Subfolders(split ? train : folder);
        if (classes.Length == 0)
            throw new DatasetException(
                $"'{(split ? train : folder)}' has no folder in it. Put the photographs of each class into a folder named after the class.");
        string[] untrained = split && Directory.Exists(test) ? [.. Subfolders(test).Except(classes)] : [];
        if (untrained.Length > 0) throw new DatasetException($"'{test}' has classes that '{train}' lacks: {string.Join(", ", untrained)}.");

        List<SkippedRow> skipped = [];
        ImageRecord[] training = [.. classes.SelectMany(name => Photographs(folder, split ? train : folder, name, true, skipped))];
        ImageRecord[] testing = split ? [.. classes.SelectMany(name => Photographs(folder, test, name, false, skipped))] : [];
        string[] empty = [.. classes.Except(training.Select(record => record.Label))];
        if (empty.Length > 0)
            throw new DatasetException($"No photograph ({string.Join(' ', _extensions)}) to train with in the folder of {string.Join(", ", empty)}. "
                + "Remove the folder or fill it.");
        return new()
        {
            Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
            Folder = folder,
            Train = training,
            Test = testing,
            Classes = classes,
            Skipped = skipped,
        };
    }

    private static string[] Subfolders(string folder)
        => [.. Directory.EnumerateDirectories(folder).Select(path => Path.GetFileName(path))
            .Where(name => name[0] != '.').Order(StringComparer.Ordinal)];

    private static IEnumerable<ImageRecord> Photographs(string root, string splitFolder, string name, bool training, List<SkippedRow> skipped)
    {
        string folder = Path.Combine(splitFolder, name);
        if (!Directory.Exists(folder)) yield break;
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string path = Path.GetRelativePath(root, file).Replace('\\', '/');
            if (_extensions.Contains(Path.GetExtension(file))) yield return new() { ImagePath = path, Label = name, IsTrain = training };
            else skipped.Add(new(path, "Its name does not end as a photograph's does."));
        }
    }
}
