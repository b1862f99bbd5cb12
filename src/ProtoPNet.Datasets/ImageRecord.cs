using Microsoft.ML.Data;

namespace ProtoPNet.Datasets;

/// <summary>One photograph of a data set, as <c>mlContext.Data.LoadFromEnumerable</c> takes it: each property is a column.</summary>
public sealed record ImageRecord
{
    /// <summary>
    /// The file, relative to <see cref="ImageDataset.Folder"/>, with forward slashes: what <c>LoadPhotographs</c> expects beside that folder.
    /// </summary>
    public required string ImagePath { get; init; }

    /// <summary>The class's name.</summary>
    public required string Label { get; init; }

    /// <summary>
    /// Where the thing is: left, top, width, height in pixels of the upright photograph. Four zeros where nobody has said, which stands for the whole photograph.
    /// </summary>
    [VectorType(4)]
    public float[] BoundingBox { get; init; } = new float[4];

    /// <summary>Whether it belongs to the training split.</summary>
    public bool IsTrain { get; init; } = true;
}
