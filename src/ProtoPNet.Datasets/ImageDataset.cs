namespace ProtoPNet.Datasets;

/// <summary>A named part and its position, in pixels from the top left corner of the photograph.</summary>
public readonly record struct PartLocation(string Name, float X, float Y);

/// <summary>A row or file of a data set that was skipped, and why.</summary>
public sealed record SkippedRow(string ImagePath, string Reason);

/// <summary>A photograph that cannot be used, and why.</summary>
public sealed record LeftOutPhotograph(ImageRecord Photograph, string Reason);

/// <summary>A data set on disk: its photographs, with classes and splits.</summary>
public sealed record ImageDataset
{
    private static readonly IReadOnlyDictionary<string, IReadOnlyList<PartLocation>> _noParts = new Dictionary<string, IReadOnlyList<PartLocation>>();

    /// <summary>The display name.</summary>
    public required string Name { get; init; }

    /// <summary>The folder that every <see cref="ImageRecord.ImagePath"/> is relative to.</summary>
    public required string Folder { get; init; }

    /// <summary>Training photographs.</summary>
    public required IReadOnlyList<ImageRecord> Train { get; init; }

    /// <summary>Test photographs; empty if the data set has no test split.</summary>
    public required IReadOnlyList<ImageRecord> Test { get; init; }

    /// <summary>The classes that have photographs, in the data set's own order.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>Rows and files without a photograph: missing, or of another kind.</summary>
    public IReadOnlyList<SkippedRow> Skipped { get; init; } = [];

    /// <summary>
    /// Unusable photographs: those in unsupported formats and, after <see cref="ReadablePhotographs.OnlyReadable"/>, those
    /// that are damaged, too small or too large.
    /// </summary>
    public IReadOnlyList<LeftOutPhotograph> LeftOut { get; init; } = [];

    /// <summary>The visible parts of each photograph, by <see cref="ImageRecord.ImagePath"/>; empty if the data set has none.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<PartLocation>> Parts { get; init; } = _noParts;

    /// <summary>The path to open for <paramref name="record"/>.</summary>
    public string PathOf(ImageRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return Path.Combine(Folder, record.ImagePath);
    }

    /// <summary>The data set without test photographs.</summary>
    public ImageDataset TrainingSplit() => this with { Test = [], LeftOut = [.. LeftOut.Where(left => left.Photograph.IsTrain)] };

    /// <summary>The data set without training photographs.</summary>
    public ImageDataset TestSplit() => this with { Train = [], LeftOut = [.. LeftOut.Where(left => !left.Photograph.IsTrain)] };

    /// <summary>The data set without bounding boxes: whole photographs.</summary>
    public ImageDataset WithoutBoxes() => this with
    {
        Train = [.. Train.Select(record => record with { BoundingBox = new float[4] })],
        Test = [.. Test.Select(record => record with { BoundingBox = new float[4] })],
    };

    /// <inheritdoc/>
    public override string ToString()
        => $"{Name}: {Classes.Count} {(Classes.Count == 1 ? "class" : "classes")}, {Train.Count} training and {Test.Count} test photographs"
            + (Skipped.Count == 0 ? "" : $", {Skipped.Count} {(Skipped.Count == 1 ? "row" : "rows")} skipped, such as {Skipped[0].ImagePath}");
}
