using Microsoft.ML;
using Microsoft.ML.Data;

namespace ProtoPNet.MLNet;

/// <summary>The entrances: what this package adds to <see cref="MLContext"/>.</summary>
public static class ProtoPNetCatalog
{
    /// <summary>Cuts the photographs of a column to boxes of another.</summary>
    /// <param name="catalog"><c>mlContext.Transforms</c>.</param>
    /// <param name="columnName">The column of <see cref="MLImage"/>; the cropped photographs take its place.</param>
    /// <param name="boxColumnName">The column of boxes: left, top, width, height in pixels; four zeros stand for the whole photograph.</param>
    public static ImageCroppingEstimator CropImages(this TransformsCatalog catalog, string columnName, string boxColumnName)
        => CropImages(catalog, columnName, columnName, boxColumnName);

    /// <summary>Cuts the photographs of a column to boxes of another, into a third.</summary>
    /// <param name="catalog"><c>mlContext.Transforms</c>.</param>
    /// <param name="outputColumnName">The column of cropped photographs to add.</param>
    /// <param name="inputColumnName">The column of <see cref="MLImage"/>.</param>
    /// <param name="boxColumnName">The column of boxes: left, top, width, height in pixels; four zeros stand for the whole photograph.</param>
    public static ImageCroppingEstimator CropImages(
        this TransformsCatalog catalog, string outputColumnName, string inputColumnName, string boxColumnName)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        ArgumentException.ThrowIfNullOrEmpty(inputColumnName);
        ArgumentException.ThrowIfNullOrEmpty(boxColumnName);
        return new(outputColumnName, inputColumnName, boxColumnName);
    }
}
