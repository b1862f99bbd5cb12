using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>An image near a prototype, measured by its nearest patch.</summary>
/// <param name="ImageId">The image's id.</param>
/// <param name="ImageNumber">Its number among the images that were searched, 0-based.</param>
/// <param name="ClassIndex">Its class; null if unknown.</param>
/// <param name="Distance">Squared distance of the patch to the prototype.</param>
/// <param name="Activation">The similarity and its place in the image.</param>
public sealed record Neighbour(string ImageId, int ImageNumber, int? ClassIndex, float Distance, Activation Activation);

/// <summary>A prototype with the images nearest to it.</summary>
/// <param name="Prototype">The prototype.</param>
/// <param name="Neighbours">One patch of each of the k nearest images, nearest first.</param>
public sealed record PrototypeNeighbours(Prototype Prototype, IReadOnlyList<Neighbour> Neighbours)
{
    /// <summary>The share of neighbours of known class that are of the prototype's class, 0 to 1; null if no class is known.</summary>
    public double? Purity => Neighbours.Where(near => near.ClassIndex is not null)
        .Average(near => near.ClassIndex == Prototype.ClassIndex ? 1.0 : (double?)0);
}

/// <summary>The k nearest images of each prototype in a set of images (paper, section 3.2).</summary>
/// <param name="Images">The number of images searched.</param>
/// <param name="Prototypes">The prototypes in order.</param>
public sealed record GlobalAnalysis(int Images, IReadOnlyList<PrototypeNeighbours> Prototypes)
{
    /// <summary>Searches the images in one pass; memory does not grow with their number.</summary>
    /// <param name="model">The model.</param>
    /// <param name="images">The images; each is decoded once.</param>
    /// <param name="nearest">k, the number to keep for each prototype.</param>
    /// <param name="progress">Receives the number of images done.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="InvalidOperationException">There are no images.</exception>
    internal static GlobalAnalysis Run(
        TrainedProtoPNet model, IEnumerable<AnalysedImage> images, int nearest = 6,
        IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(nearest, 1);
        using NearestPatches search = new(nearest);
        List<(string Id, int? Class)> seen = [];
        InputBatches.ForEach(model, images, (batch, inputs) =>
        {
            search.Add(model.Network.Distances(model.Latent(inputs)));
            seen.AddRange(batch.Select(image => (image.Id, image.ClassIndex)));
            progress?.Report(seen.Count);
        }, cancellation);

        ReceptiveField field = ReceptiveField.Of(model.Architecture);
        Neighbour Describe(Prototype prototype, NearPatch patch)
            => new(seen[patch.Image].Id, patch.Image, seen[patch.Image].Class, patch.Distance,
                new(prototype, patch.Map, (patch.Row, patch.Column), field));
        return new(seen.Count, [.. search.Result(model.Network.Similarity).Select((patches, j)
            => new PrototypeNeighbours(model.Prototypes[j], [.. patches.Select(patch => Describe(model.Prototypes[j], patch))]))]);
    }
}
