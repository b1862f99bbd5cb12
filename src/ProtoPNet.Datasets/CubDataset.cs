namespace ProtoPNet.Datasets;

/// <summary>
/// Caltech-UCSD Birds-200-2011 from its official files, <c>images.txt</c>, <c>classes.txt</c>, <c>image_class_labels.txt</c>,
/// <c>train_test_split.txt</c>, <c>bounding_boxes.txt</c> and optionally <c>parts/</c>. Any subset works: missing
/// photographs are skipped and listed, classes without photographs are left out.
/// </summary>
/// <remarks>Wah, Branson, Welinder, Perona, Belongie: The Caltech-UCSD Birds-200-2011 Dataset. Technical report CNS-TR-2011-001.</remarks>
public static class CubDataset
{
    /// <summary>Whether a folder holds this data set, complete or not.</summary>
    internal static bool IsIn(string folder) => File.Exists(Path.Combine(folder, "images.txt")) && Directory.Exists(Path.Combine(folder, "images"));

    /// <summary>Reads the files in <paramref name="folder"/>.</summary>
    /// <exception cref="DatasetException">A file is missing or has an invalid line (the message names both), or there are no photographs.</exception>
    public static ImageDataset Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder))
            throw new DatasetException($"There is no folder '{folder}'. Give the folder CUB_200_2011, which contains images.txt.");
        Dictionary<int, string> classes = Read(folder, "classes.txt", row => row.Rest);
        Dictionary<int, int> labels = Read(folder, "image_class_labels.txt", row => row.Integer());
        Dictionary<int, bool> training = Read(folder, "train_test_split.txt", row => row.Integer() == 1);
        Dictionary<int, float[]> boxes = Read(folder, "bounding_boxes.txt", row => row.Numbers(4));

        string images = Path.Combine(folder, "images");
        List<ImageRecord> records = [];
        List<SkippedRow> skipped = [];
        Dictionary<int, string> paths = [];
        SortedSet<int> present = [];
        foreach ((TextTable.Row row, int id) in new TextTable(folder, "images.txt").Rows())
        {
            int label = Of(labels, id, row, "image_class_labels.txt");
            if (!File.Exists(Path.Combine(images, row.Rest)))
            {
                skipped.Add(new(row.Rest, "The file does not exist."));
                continue;
            }
            records.Add(new()
            {
                ImagePath = row.Rest,
                Label = Of(classes, label, row, "classes.txt"),
                BoundingBox = Of(boxes, id, row, "bounding_boxes.txt"),
                IsTrain = Of(training, id, row, "train_test_split.txt"),
            });
            paths.Add(id, row.Rest);
            present.Add(label);
        }
        if (records.Count == 0) throw new DatasetException($"None of the {skipped.Count} photographs that images.txt lists is in '{images}'.");
        return new()
        {
            Name = "CUB-200-2011",
            Folder = images,
            Train = [.. records.Where(record => record.IsTrain)],
            Test = [.. records.Where(record => !record.IsTrain)],
            Classes = [.. present.Select(label => classes[label])],
            Skipped = skipped,
            Parts = Parts(Path.Combine(folder, "parts"), paths),
        };
    }

    private static Dictionary<string, IReadOnlyList<PartLocation>> Parts(string folder, Dictionary<int, string> paths)
    {
        Dictionary<string, IReadOnlyList<PartLocation>> parts = [];
        if (!File.Exists(Path.Combine(folder, "part_locs.txt"))) return parts;
        Dictionary<int, string> names = Read(folder, "parts.txt", row => row.Rest);
        // Each row: image, part, x, y, and whether the part is visible; rows without it say 0, 0.
        foreach ((TextTable.Row row, int id) in new TextTable(folder, "part_locs.txt").Rows())
        {
            if (!paths.TryGetValue(id, out string? path) || row.Rest.EndsWith(" 0", StringComparison.Ordinal)) continue;
            float[] numbers = row.Numbers(4);
            if (!parts.TryGetValue(path, out IReadOnlyList<PartLocation>? list)) parts.Add(path, list = new List<PartLocation>());
            ((List<PartLocation>)list).Add(new(Of(names, (int)numbers[0], row, "parts.txt"), numbers[1], numbers[2]));
        }
        return parts;
    }

    private static Dictionary<int, T> Read<T>(string folder, string file, Func<TextTable.Row, T> value)
    {
        Dictionary<int, T> table = [];
        foreach ((TextTable.Row row, int id) in new TextTable(folder, file).Rows())
            if (!table.TryAdd(id, value(row))) throw row.Wrong($"number {id} is repeated");
        return table;
    }

    private static T Of<T>(Dictionary<int, T> table, int id, TextTable.Row row, string file)
        => table.TryGetValue(id, out T? value) ? value : throw row.Wrong($"'{file}' has no row with number {id}");
}
