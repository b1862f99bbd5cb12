using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Explanations;

namespace ProtoPNet.Cli;

/// <summary>Photographs of a data set as a model sees them.</summary>
internal static class AnalysedPhotographs
{
    /// <param name="dataset">The data set, with the parts of its photographs.</param>
    /// <param name="records">The photographs.</param>
    /// <param name="classNames">The classes of the model.</param>
    /// <param name="crops">Whether the model sees photographs cropped to their boxes.</param>
    public static IReadOnlyList<AnalysedImage> Of(
        ImageDataset dataset, IReadOnlyList<ImageRecord> records, IReadOnlyList<string> classNames, bool crops)
    {
        Dictionary<string, int> classes = classNames.Index().ToDictionary(one => one.Item, one => one.Index);
        return [.. records.Select(record =>
        {
            float[]? box = crops ? record.BoundingBox : null;
            int? label = classes.TryGetValue(record.Label, out int k) ? k : null;
            return AnalysedImage.FromFile(record.ImagePath, label, dataset.PathOf(record), box).WithParts(
                dataset.Parts.GetValueOrDefault(record.ImagePath, []).Select(part => new PartPlace(part.Name, part.X, part.Y)), box);
        })];
    }

    /// <summary>The same photographs, which show more than their objects, with the boxes of these.</summary>
    /// <param name="images">The photographs.</param>
    /// <param name="uncut">The data set with the boxes.</param>
    public static IEnumerable<AnalysedImage> WithObjects(IReadOnlyList<AnalysedImage> images, ImageDataset uncut)
    {
        Dictionary<string, float[]> boxes = uncut.Train.Concat(uncut.Test).ToDictionary(record => record.ImagePath, record => record.BoundingBox);
        return images.Select(image => boxes[image.Id] is [var left, var top, > 0 and var width, > 0 and var height]
            ? image with { ObjectBox = new(left, top, width, height) }
            : image);
    }

    /// <summary>Options with which deletion, completeness and continuity are measured on about as many photographs, or up to twice as many.</summary>
    /// <remarks>Each takes about twenty passes through the network.</remarks>
    public static InterpretabilityOptions Changing(int wanted, int photographs) => new() { PerturbOneIn = Math.Max(1, photographs / wanted) };
}
