namespace ProtoPNet.Datasets;

/// <summary>A named part and where it is, in pixels from the top left corner of its photograph.</summary>
public readonly record struct PartLocation(string Name, float X, float Y);

/// <summary>A row or a file of a data set that was left out, and why.</summary>
public sealed record SkippedRow(string ImagePath, string Reason);

/// <summary>A photograph that cannot be used, and why.</summary>
public sealed record LeftOutPhotograph(ImageRecord Photograph, string Reason);

/// <summary>A data set on disk: which photographs there are, of which class, in which split.</summary>
public sealed record ImageDataset
{
    private static readonly IReadOnlyDictionary<string, IReadOnlyList<PartLocation>> _noParts = new Dictionary<string, IReadOnlyList<PartLocation>>();

    /// <summary>What to call it.</summary>
    public required string Name { get; init; }

    /// <summary>The folder that every <see cref="ImageRecord.ImagePath"/> is relative to.</summary>
    public required string Folder { get; init; }

    /// <summary>Photographs to train with.</summary>
    public required IReadOnlyList<ImageRecord> Train { get; init; }

    /// <summary>Photographs to test with; empty where the data set has no test split.</summary>
    public required IReadOnlyList<ImageRecord> Test { get; init; }

    /// <summary>The classes that have photographs, in the data set's own order.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>Rows and files that are no photographs here: absent, or of another kind.</summary>
    public IReadOnlyList<SkippedRow> Skipped { get; init; } = [];

    /// <summary>
    /// Photographs that cannot be used: those of formats that are not read and, once <see cref="ReadablePhotographs.OnlyReadable"/> has looked, those
    /// that are damaged, too small or too large.
    /// </summary>
    public IReadOnlyList<LeftOutPhotograph> LeftOut { get; init; } = [];

    /// <summary>The visible parts of each photograph, by <see cref="ImageRecord.ImagePath"/>; empty where the data set knows of none.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<PartLocation>> Parts { get; init; } = _noParts;

    /// <summary>The path to open for <paramref name="record"/>.</summary>
    public string PathOf(ImageRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return Path.Combine(Folder, record.ImagePath);
    }

    /// <summary>The same without photographs to test with.</summary>
    public ImageDataset TrainingSplit() => this with { Test = [], LeftOut = [.. LeftOut.Where(left => left.Photograph.IsTrain)] };

    /// <summary>The same without photographs to train with.</summary>
    public ImageDataset TestSplit() => this with { Train = [], LeftOut = [.. LeftOut.Where(left => !left.Photograph.IsTrain)] };

    /// <summary>The same photographs without their boxes: all of each.</summary>
    public ImageDataset WithoutBoxes() => this with
    {
        Train = [.. Train.Select(record => record with { BoundingBox = new float[4] })],
        Test = [.. Test.Select(record => record with { BoundingBox = new float[4] })],
    };

    /// <inheritdoc/>
    public override string ToString()
        => $"{Name}: {Classes.Count} {(Classes.Count == 1 ? "class" : "classes")}, {Train.Count} photographs to train and {Test.Count} to test"
            + (Skipped.Count == 0 ? "" : $", {Skipped.Count} {(Skipped.Count == 1 ? "row" : "rows")} skipped, such as {Skipped[0].ImagePath}");
}
