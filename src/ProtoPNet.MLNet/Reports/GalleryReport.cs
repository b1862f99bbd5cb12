using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Reports;

/// <summary>All prototypes of a model, with what they find in a set of images: as a page or as JSON.</summary>
public sealed record GalleryReport
{
    /// <summary>The model's name, as the page's title.</summary>
    public required string Name { get; init; }

    /// <summary>The classes, in the order of their numbers.</summary>
    public required IReadOnlyList<string> ClassNames { get; init; }

    /// <summary>S: the side of the network's input, in which boxes are given.</summary>
    public required int ImageSize { get; init; }

    /// <summary>The prototypes.</summary>
    public required IReadOnlyList<GalleryEntry> Entries { get; init; }
}

/// <summary>One prototype of the gallery.</summary>
/// <param name="Prototype">The prototype.</param>
/// <param name="Weight">Its weight to its own class.</param>
/// <param name="Others">Its weights to other classes that are not 0, the strongest first.</param>
/// <param name="Duplicates">Other prototypes that are the same patch.</param>
/// <param name="Surroundings">The prototypes that lie nearest to it.</param>
/// <param name="Found">What it finds in each set of images.</param>
public sealed record GalleryEntry(
    Prototype Prototype, float Weight, IReadOnlyList<OtherWeight> Others, IReadOnlyList<Prototype> Duplicates,
    PrototypeSurroundings Surroundings, IReadOnlyList<GalleryFinds> Found)
{
    /// <summary>The share of neighbours that are of its own class in the first set of images that tells; null where none does.</summary>
    public double? Purity => Found.Select(found => found.Neighbours.Purity).FirstOrDefault(purity => purity is not null);
}

/// <summary>A weight between a prototype and a class that is not its own.</summary>
public sealed record OtherWeight(string ClassName, float Weight);

/// <summary>What a prototype finds in a set of images.</summary>
/// <param name="Set">What the set is called: training, test.</param>
/// <param name="Neighbours">The nearest images.</param>
/// <param name="Parts">The part of each that is nearest, encoded as JPEG; empty where no pictures are shown.</param>
public sealed record GalleryFinds(string Set, PrototypeNeighbours Neighbours, IReadOnlyList<ReadOnlyMemory<byte>> Parts);
