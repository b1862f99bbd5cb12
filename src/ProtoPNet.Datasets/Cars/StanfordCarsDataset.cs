using ProtoPNet.MLNet.Images;

namespace ProtoPNet.Datasets;

/// <summary>
/// Stanford Cars from its official files: <c>devkit/</c> with <c>cars_meta.mat</c> and <c>cars_train_annos.mat</c>, the photographs in
/// <c>cars_train/</c> and <c>cars_test/</c>. The test split needs <c>cars_test_annos_withlabels.mat</c>, in the folder itself or in <c>devkit/</c>:
/// the devkit's own test annotations have no classes. Any subset works: missing photographs are skipped and listed, classes without
/// photographs are left out. Some copies contain photographs already cropped to their boxes; those get no box.
/// </summary>
/// <remarks>Krause, Stark, Deng, Fei-Fei: 3D Object Representations for Fine-Grained Categorization. 3dRR 2013.</remarks>
public static class StanfordCarsDataset
{
    private const string TestLabels = "cars_test_annos_withlabels.mat";

    /// <summary>Whether a folder holds this data set, complete or not.</summary>
    internal static bool IsIn(string folder) => Directory.Exists(Path.Combine(folder, "devkit")) && Directory.Exists(Path.Combine(folder, "cars_train"));

    /// <summary>Reads the files in <paramref name="folder"/>.</summary>
    /// <exception cref="DatasetException">A file is missing or invalid, or there are no photographs.</exception>
    public static ImageDataset Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string devkit = Path.Combine(folder, "devkit");
        if (!Directory.Exists(devkit))
            throw new DatasetException($"There is no folder '{devkit}'. Give the folder that contains devkit and cars_train.");
        string meta = Path.Combine(devkit, "cars_meta.mat");
        string[] names = MatFile.Read(meta).GetValueOrDefault("class_names") is MatCells cells && cells.Values.All(cell => cell is MatText)
            ? [.. cells.Values.Select(cell => ((MatText)cell).Text)]
            : throw new DatasetException($"'{meta}' has no list of names 'class_names'.");
        List<SkippedRow> skipped = [];
        ImageRecord[] train = [.. Records(folder, "cars_train", Path.Combine(devkit, "cars_train_annos.mat"), names, true, skipped)];
        string? testLabels = new[] { Path.Combine(folder, TestLabels), Path.Combine(devkit, TestLabels) }.FirstOrDefault(File.Exists);
        ImageRecord[] test = testLabels is null ? [] : [.. Records(folder, "cars_test", testLabels, names, false, skipped)];
        if (train.Length + test.Length == 0)
            throw new DatasetException($"None of the {skipped.Count} photographs that the devkit lists is in '{folder}'.");
        HashSet<string> present = [.. train.Concat(test).Select(record => record.Label)];
        return new()
        {
            Name = "Stanford Cars",
            Folder = folder,
            Train = train,
            Test = test,
            Classes = [.. names.Where(present.Contains)],
            Skipped = skipped,
        };
    }

    /// <summary>
    /// Whether the photograph is already cropped to its box: it is as large as the box (within a pixel, as conventions differ), and the box does not
    /// fit inside it.
    /// </summary>
    private static bool IsCropped(string path, int left, int top, int width, int height)
    {
        return PhotographFile.SizeOf(path) is { } size && Math.Abs(size.Width - width) <= 1 && Math.Abs(size.Height - height) <= 1
            && (left + width > size.Width + 1 || top + height > size.Height + 1);
    }

    private static IEnumerable<ImageRecord> Records(
        string folder, string photographs, string annotations, string[] names, bool training, List<SkippedRow> skipped)
    {
        if (MatFile.Read(annotations).GetValueOrDefault("annotations") is not MatStructures rows)
            throw new DatasetException($"'{annotations}' has no structures 'annotations'.");
        for (int i = 0; i < rows.Values.Count; i++)
        {
            IReadOnlyDictionary<string, MatValue> row = rows.Values[i];
            if (row.GetValueOrDefault("fname") is not MatText { Text: var file }) throw Wrong("fname", "a file name");
            string path = $"{photographs}/{file}";
            if (!File.Exists(Path.Combine(folder, path)))
            {
                skipped.Add(new(path, "The file does not exist."));
                continue;
            }
            int label = Number("class");
            if (label < 1 || label > names.Length) throw Wrong("class", $"a number from 1 to {names.Length}");
            // Corners are 1-based and inclusive.
            (int left, int top) = (Number("bbox_x1") - 1, Number("bbox_y1") - 1);
            (int width, int height) = (Number("bbox_x2") - left, Number("bbox_y2") - top);
            bool cropped = IsCropped(Path.Combine(folder, path), left, top, width, height);
            yield return new()
            {
                ImagePath = path,
                Label = names[label - 1],
                BoundingBox = cropped ? new float[4] : [left, top, width, height],
                IsTrain = training,
            };

            int Number(string field)
                => row.GetValueOrDefault(field) is MatNumbers { Values: [double value] } ? (int)value : throw Wrong(field, "a number");

            DatasetException Wrong(string field, string expected) => new($"'{annotations}', annotation {i + 1}: '{field}' is not {expected}.");
        }
    }
}
