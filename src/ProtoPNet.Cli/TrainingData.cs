using ProtoPNet.Datasets;

namespace ProtoPNet.Cli;

/// <summary>The photographs of a run of training.</summary>
/// <param name="Dataset">Those to learn from, and those to measure on.</param>
/// <param name="Validation">Those to choose by; null if none were given.</param>
/// <param name="Uncut">The data set with the boxes of its objects, whether photographs are cropped to them or not.</param>
/// <param name="Crop">Whether photographs are cropped to their bounding boxes.</param>
internal sealed record TrainingData(ImageDataset Dataset, ImageDataset? Validation, ImageDataset Uncut, bool Crop)
{
    /// <exception cref="ArgumentException">The validation photographs have other classes.</exception>
    public void CheckClasses()
    {
        string[] unknown = [.. (Validation?.Classes ?? []).Except(Dataset.Classes).Select(name => $"'{name}'")];
        if (unknown.Length > 0)
            throw new ArgumentException($"'{Validation!.Folder}' has photographs of classes that are not trained: {string.Join(", ", unknown)}. "
                + "Remove these folders, or rename them to match the training classes.");
    }
}
