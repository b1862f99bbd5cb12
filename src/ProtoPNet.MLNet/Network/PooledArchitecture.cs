namespace ProtoPNet.MLNet.Network;

/// <summary>Everything needed to build a classifier without prototypes, without learned values: a backbone, average pooling, a linear layer.</summary>
internal sealed record PooledArchitecture
{
    /// <summary>The convolutional backbone f.</summary>
    public required Backbone Backbone { get; init; }

    /// <summary>The number of backbone stages to keep; null: all.</summary>
    public int? Stages { get; init; }

    /// <summary>S: rows and columns of the input, in pixels.</summary>
    public int ImageSize { get; init; } = 224;

    /// <summary>K, the number of classes.</summary>
    public required int Classes { get; init; }

    /// <summary>Throws if a network could not be built or its map would be empty.</summary>
    /// <exception cref="ArgumentException">The message says what is wrong and what is allowed.</exception>
    public void Check() => new NetworkArchitecture
    {
        Backbone = Backbone,
        Stages = Stages,
        ImageSize = ImageSize,
        Classes = Classes,
        PrototypeClasses = [0],
    }.Check();
}
