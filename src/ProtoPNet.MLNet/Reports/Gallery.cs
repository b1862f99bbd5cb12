using System.Collections.Concurrent;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Reports;

/// <summary>A set of images searched for prototypes.</summary>
/// <param name="Name">Its name: training, test.</param>
/// <param name="Analysis">The result of the search.</param>
/// <param name="Images">The images, in the order of the analysis.</param>
internal sealed record SearchedSet(string Name, GlobalAnalysis Analysis, IReadOnlyList<AnalysedImage> Images);

/// <summary>Assembles a gallery: cuts the nearest parts out of their photographs, decoding each once.</summary>
internal static class Gallery
{
    /// <summary>The maximum number of pictures of nearest parts; with many prototypes, fewer are shown per prototype to keep pages small.</summary>
    private const int MostParts = 2000;

    public static GalleryReport Of(TrainedProtoPNet model, string name, IReadOnlyList<SearchedSet> sets)
    {
        ILookup<int, Prototype> duplicates = model.Duplicates()
            .SelectMany(group => group.SelectMany(one => group.Where(other => other != one).Select(other => (one.Index, other))))
            .ToLookup(pair => pair.Index, pair => pair.other);
        IReadOnlyList<PrototypeSurroundings> surroundings = model.Surroundings();
        int each = MostParts / Math.Max(1, model.Prototypes.Count * sets.Count);
        GalleryFinds[][] found = [.. sets.Select(set => Finds(set, each, model.Architecture.ImageSize))];
        return new()
        {
            Name = name,
            ClassNames = model.ClassNames,
            ImageSize = model.Architecture.ImageSize,
            Entries = [.. model.Prototypes.Select((prototype, j) => new GalleryEntry(
                prototype, model.LastLayerWeights[prototype.ClassIndex, j], OtherWeight.Of(model.Head, j), [.. duplicates[j]], surroundings[j],
                [.. found.Select(set => set[j])]))],
        };
    }

    private static GalleryFinds[] Finds(SearchedSet set, int each, int imageSize)
    {
        ConcurrentDictionary<Neighbour, ReadOnlyMemory<byte>> parts = new(ReferenceEqualityComparer.Instance);
        IEnumerable<IGrouping<int, Neighbour>> wanted = set.Analysis.Prototypes
            .SelectMany(found => found.Neighbours.Take(each)).GroupBy(near => near.ImageNumber);
        Parallel.ForEach(wanted, group =>
        {
            RgbImage photograph = set.Images[group.Key].Decode();
            foreach (Neighbour near in group)
                parts[near] = ImageCodec.EncodeJpeg(
                    Pictures.Shrink(Pictures.Crop(photograph, near.Activation.Box, imageSize), Pictures.Small), quality: 78);
        });
        return [.. set.Analysis.Prototypes.Select(found
            => new GalleryFinds(set.Name, found, [.. found.Neighbours.Take(each).Select(near => parts[near])]))];
    }
}
