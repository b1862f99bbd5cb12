using Microsoft.ML;
using ProtoPNet.MLNet.Persistence;

namespace ProtoPNet.MLNet;

/// <summary>What of the trainer's options concerns the reading of photographs.</summary>
/// <param name="ImageColumn">The photographs.</param>
/// <param name="Inputs">Labels, ids and weights.</param>
internal sealed record ReadingOptions(string ImageColumn, InputColumns Inputs)
{
    /// <summary>S: the side of the network's input, in pixels.</summary>
    public required int ImageSize { get; init; }

    /// <summary>Memory for decoded images; the rest goes to a temporary file.</summary>
    public required long CacheBytes { get; init; }

    /// <summary>What to do with an image that cannot be used.</summary>
    public required UnreadableImage OnUnreadable { get; init; }

    /// <summary>Photographs of the user's own for choices; null: none.</summary>
    public required IDataView? ValidationSet { get; init; }

    /// <summary>Share of the training images that is held out for choices.</summary>
    public required double ValidationFraction { get; init; }

    /// <summary>How much the images of each class count.</summary>
    public required ClassWeights ClassWeights { get; init; }
}
