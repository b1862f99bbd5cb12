using ProtoPNet.MLNet.Images;

namespace ProtoPNet.Datasets;

/// <summary>
/// Photographs in one folder per class, either directly in the given folder (then all are for training) or in its subfolders <c>train</c> and
/// <c>test</c> (or <c>training</c>, <c>testing</c>, <c>val</c>, <c>valid</c>, <c>validation</c>, case-insensitive). Deeper folders belong to their
/// class. Hidden files and folders and those of file servers and archivers (<c>@eaDir</c>, <c>__MACOSX</c>) are ignored.
/// </summary>
public static class ClassFolders
{
    /// <summary>Unsupported picture formats, by file extension.</summary>
    private static readonly Dictionary<string, string> _otherFormats = new(StringComparer.OrdinalIgnoreCase)
    {
        [".tif"] = "TIFF",
        [".tiff"] = "TIFF",
        [".heic"] = "HEIC",
        [".heif"] = "HEIC",
        [".avif"] = "AVIF",
        [".jxl"] = "JPEG XL",
        [".jp2"] = "JPEG 2000",
        [".psd"] = "Photoshop's",
        [".dng"] = "camera raw",
        [".cr2"] = "camera raw",
        [".cr3"] = "camera raw",
        [".nef"] = "camera raw",
        [".arw"] = "camera raw",
    };

    /// <summary>Lists what is in <paramref name="folder"/>; classes and files are sorted by name.</summary>
    /// <exception cref="DatasetException">There are no classes, a class has no training photographs, a test class is not in training, or the folders
    /// look like splits but are ambiguous.</exception>
    public static ImageDataset Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder)) throw new DatasetException($"There is no folder '{folder}'.");
        FolderLayout layout = FolderLayout.Of(folder);
        string train = Path.Combine(folder, layout.Train);
        string[] classes = FolderWalk.Subfolders(train);
        if (classes.Length == 0)
            throw new DatasetException($"'{train}' has no subfolders. Put the photographs of each class into a folder named after the class.");
        string? test = layout.Test is { } name ? Path.Combine(folder, name) : null;
        string[] untrained = test is null ? [] : [.. FolderWalk.Subfolders(test).Except(classes)];
        if (untrained.Length > 0) throw new DatasetException($"'{test}' has classes missing from '{train}': {string.Join(", ", untrained)}.");

        var training = new Listing(folder, train, isTrain: true);
        var testing = new Listing(folder, test ?? "", isTrain: false);
        foreach (string label in classes) training.Add(label);
        foreach (string label in test is null ? [] : classes) testing.Add(label);
        string[] empty = [.. classes.Except(training.Records.Select(record => record.Label))];
        if (empty.Length > 0)
        {
            LeftOutPhotograph? other = training.LeftOut.FirstOrDefault(left => empty.Contains(left.Photograph.Label));
            throw new DatasetException($"No training photographs ({string.Join(' ', PhotographFile.Extensions)}) in the folder of "
                + $"{string.Join(", ", empty)}. Remove the folder or add photographs."
                + (other is null ? "" : $" Its files cannot be read, such as {other.Photograph.ImagePath}: {other.Reason}"));
        }
        return new()
        {
            Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
            Folder = folder,
            Train = training.Records,
            Test = testing.Records,
            Classes = classes,
            Skipped =
            [
                .. layout.Unused.Select(unused => new SkippedRow(unused + "/", "The split is not used.")), .. training.Skipped, .. testing.Skipped,
            ],
            LeftOut = [.. training.LeftOut, .. testing.LeftOut],
        };
    }

    /// <summary>The files of a split.</summary>
    private sealed class Listing(string root, string split, bool isTrain)
    {
        public List<ImageRecord> Records { get; } = [];

        public List<SkippedRow> Skipped { get; } = [];

        public List<LeftOutPhotograph> LeftOut { get; } = [];

        public void Add(string label)
        {
            string folder = Path.Combine(split, label);
            if (!Directory.Exists(folder)) return;
            var walk = new FolderWalk(root, split);
            foreach (string file in walk.AllFiles(folder))
            {
                ImageRecord record = new() { ImagePath = Relative(file), Label = label, IsTrain = isTrain };
                if (PhotographFile.Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)) Records.Add(record);
                else if (_otherFormats.TryGetValue(Path.GetExtension(file), out string? format))
                    LeftOut.Add(new(record, $"The format is {format}, which is not supported; save it as JPEG or PNG."));
                else Skipped.Add(new(record.ImagePath, "Its extension is not that of a photograph."));
            }
            Skipped.AddRange(walk.NotFollowed.Select(link => new SkippedRow(Relative(link), "The link leads to a folder already read.")));
        }

        private string Relative(string file) => Path.GetRelativePath(root, file).Replace(Path.DirectorySeparatorChar, '/');
    }
}
