using Microsoft.ML.Data;

namespace ProtoPNet.Datasets;

/// <summary>One photograph of a data set, for <c>mlContext.Data.LoadFromEnumerable</c>: each property is a column.</summary>
public sealed record ImageRecord
{
    /// <summary>
    /// The file, relative to <see cref="ImageDataset.Folder"/>, with forward slashes, as <c>LoadPhotographs</c> expects it together with that folder.
    /// </summary>
    public required string ImagePath { get; init; }

    /// <summary>The class name.</summary>
    public required string Label { get; init; }

    /// <summary>
    /// The bounding box: left, top, width, height in pixels of the upright photograph. Four zeros stand for the whole photograph.
    /// </summary>
    [VectorType(4)]
    public float[] BoundingBox { get; init; } = new float[4];

    /// <summary>Whether it belongs to the training split.</summary>
    public bool IsTrain { get; init; } = true;
}
