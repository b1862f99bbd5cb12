using Microsoft.ML;
using Microsoft.ML.Data;

namespace ProtoPNet.MLNet;

/// <summary>Extensions of <see cref="MLContext"/>.</summary>
public static class ProtoPNetCatalog
{
    /// <summary>
    /// Loads photographs as this package reads them everywhere: complete or not at all, upright by their EXIF orientation, and cropped if there is a
    /// column of boxes. <c>LoadImages</c> does none of this.
    /// </summary>
    /// <param name="catalog"><c>mlContext.Transforms</c>.</param>
    /// <param name="outputColumnName">The column of <see cref="MLImage"/> to add.</param>
    /// <param name="imageFolder">The folder that paths are relative to; null for absolute paths or the current directory.</param>
    /// <param name="inputColumnName">The column of paths, text.</param>
    /// <param name="boxColumnName">
    /// The column of boxes: left, top, width, height in pixels of the upright photograph, four zeros for all of it; null to crop nothing.
    /// </param>
    public static PhotographLoadingEstimator LoadPhotographs(
        this TransformsCatalog catalog, string outputColumnName, string? imageFolder, string inputColumnName, string? boxColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        ArgumentException.ThrowIfNullOrEmpty(inputColumnName);
        if (boxColumnName is not null) ArgumentException.ThrowIfNullOrEmpty(boxColumnName);
        return new(outputColumnName, string.IsNullOrEmpty(imageFolder) ? null : imageFolder, inputColumnName, boxColumnName);
    }

    /// <summary>
    /// Says "unknown" where a photograph looks like nothing that the model knows. Adds <c>Answer</c>, the predicted class as text, or
    /// <see cref="AbstainingTransformer.Unknown"/> where the familiarity is below the threshold, and the familiarity that it went by. Append it to a
    /// ProtoPNet trainer or model.
    /// </summary>
    /// <param name="catalog"><c>mlContext.Transforms</c>.</param>
    /// <param name="threshold">
    /// The lowest familiarity that is answered, a finite number; <c>protopnet evaluate</c> lists what others keep and let through.
    /// </param>
    /// <param name="nearest">Of a source of vectors: the number of highest values whose mean counts, at least 1.</param>
    /// <param name="sourceColumnName">
    /// What to go by: <c>Familiarity</c>, a number that a ProtoPNet adds (see <see cref="ProtoPNetTransformer"/>); or a vector. With <c>Score</c> and 1 for
    /// <paramref name="nearest"/> it is the probability of the predicted class, and the model may be any classifier; with <c>Similarities</c>, the mean
    /// of the highest, for models without <c>Familiarity</c>.
    /// </param>
    /// <param name="predictedLabelColumnName">The predicted class: a key with values, or text.</param>
    /// <param name="familiarityColumnName">The column to add for what it went by; it may hide one of that name.</param>
    /// <param name="answerColumnName">The column of answers to add.</param>
    public static AbstainingEstimator AbstainBelow(
        this TransformsCatalog catalog, float threshold, int nearest = AbstainingTransformer.UsualNearest, string sourceColumnName = "Familiarity",
        string predictedLabelColumnName = "PredictedLabel", string familiarityColumnName = "Familiarity", string answerColumnName = "Answer")
    {
        ArgumentNullException.ThrowIfNull(catalog);
        foreach (string name in (string[])[sourceColumnName, predictedLabelColumnName, familiarityColumnName, answerColumnName])
            ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(nearest, 1);
        AbstainingTransformer.CheckThreshold(threshold);
        if (familiarityColumnName == answerColumnName) throw new ArgumentException($"Both new columns would be named '{answerColumnName}'.");
        return new(threshold, nearest, new(sourceColumnName, predictedLabelColumnName, familiarityColumnName, answerColumnName));
    }

    /// <summary>Crops the photographs of a column to the boxes of another. Boxes are in pixels of the images in the column: upright from
    /// <c>LoadPhotographs</c>, as stored in the file from <c>LoadImages</c>.</summary>
    /// <param name="catalog"><c>mlContext.Transforms</c>.</param>
    /// <param name="columnName">The column of <see cref="MLImage"/>; it is replaced by the cropped photographs.</param>
    /// <param name="boxColumnName">The column of boxes: left, top, width, height in pixels; four zeros stand for the whole photograph.</param>
    public static ImageCroppingEstimator CropImages(this TransformsCatalog catalog, string columnName, string boxColumnName)
        => CropImages(catalog, columnName, columnName, boxColumnName);

    /// <summary>Crops the photographs of a column to the boxes of another, into a third.</summary>
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

    /// <summary>
    /// Crops the photographs of a column to their most certain detection, such as those of the object detection of Microsoft.ML.TorchSharp; photographs in
    /// which nothing was detected stay whole.
    /// </summary>
    /// <param name="catalog"><c>mlContext.Transforms</c>.</param>
    /// <param name="columnName">The column of <see cref="MLImage"/>; it is replaced by the cropped photographs.</param>
    /// <param name="boxesColumnName">The column of corners: x0, y0, x1, y1 of each detection, in pixels of the photograph.</param>
    /// <param name="scoresColumnName">The column of scores, one for each detection.</param>
    public static DetectionCroppingEstimator CropToDetection(
        this TransformsCatalog catalog, string columnName, string boxesColumnName, string scoresColumnName)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(columnName);
        ArgumentException.ThrowIfNullOrEmpty(boxesColumnName);
        ArgumentException.ThrowIfNullOrEmpty(scoresColumnName);
        return new(columnName, columnName, boxesColumnName, scoresColumnName);
    }
}
