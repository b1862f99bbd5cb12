using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Reports;

/// <summary>All prototypes of a model with their nearest images in sets of images, as a page or as JSON.</summary>
public sealed record GalleryReport
{
    /// <summary>The model's name, as the page's title.</summary>
    public required string Name { get; init; }

    /// <summary>The classes, in the order of their numbers.</summary>
    public required IReadOnlyList<string> ClassNames { get; init; }

    /// <summary>S, the side of the network's input in pixels, in which boxes are given.</summary>
    public required int ImageSize { get; init; }

    /// <summary>The prototypes.</summary>
    public required IReadOnlyList<GalleryEntry> Entries { get; init; }
}

/// <summary>One prototype of the gallery.</summary>
/// <param name="Prototype">The prototype.</param>
/// <param name="Weight">Its weight in the logit of its own class.</param>
/// <param name="Others">Its non-zero weights in the logits of other classes, the strongest first.</param>
/// <param name="Duplicates">Other prototypes that are the same patch.</param>
/// <param name="Surroundings">The prototypes nearest to it.</param>
/// <param name="Found">Its nearest images in each set.</param>
public sealed record GalleryEntry(
    Prototype Prototype, float Weight, IReadOnlyList<OtherWeight> Others, IReadOnlyList<Prototype> Duplicates,
    PrototypeSurroundings Surroundings, IReadOnlyList<GalleryFinds> Found)
{
    /// <summary>The share of neighbours of its own class, in the first set with known classes; null if there is none.</summary>
    public double? Purity => Found.Select(found => found.Neighbours.Purity).FirstOrDefault(purity => purity is not null);
}

/// <summary>A weight between a prototype and a class other than its own.</summary>
public sealed record OtherWeight(string ClassName, float Weight)
{
    /// <summary>The non-zero weights of a prototype in the logits of other classes, the strongest first.</summary>
    /// <param name="head">The prototypes and their weights.</param>
    /// <param name="place">The prototype's place among them.</param>
    internal static IReadOnlyList<OtherWeight> Of(PrototypeHead head, int place)
        => [.. Enumerable.Range(0, head.ClassNames.Count)
            .Where(k => k != head.Prototypes[place].ClassIndex && head.Weights[k, place] != 0)
            .Select(k => new OtherWeight(head.ClassNames[k], head.Weights[k, place]))
            .OrderByDescending(other => Math.Abs(other.Weight))];
}

/// <summary>The nearest images of a prototype in a set.</summary>
/// <param name="Set">The set's name: training, test.</param>
/// <param name="Neighbours">The nearest images.</param>
/// <param name="Parts">The nearest part of each, encoded as JPEG; empty if no pictures are shown.</param>
public sealed record GalleryFinds(string Set, PrototypeNeighbours Neighbours, IReadOnlyList<ReadOnlyMemory<byte>> Parts);
