using ProtoPNet.MLNet.Network.Layers;

namespace ProtoPNet.MLNet.Network;

/// <summary>The two kinds of 1×1 convolutions between backbone and prototypes (paper, section 2.1).</summary>
public enum AddOnLayers
{
    /// <summary>Two convolutions: to the prototypes' depth with ReLU, then with a sigmoid.</summary>
    Regular,

    /// <summary>Pairs of convolutions that halve the depth until the prototypes' depth is reached.</summary>
    Bottleneck,
}

/// <summary>The space of latent patches and prototypes, which determines the meaning of their squared L2 distance.</summary>
public enum LatentSpace
{
    /// <summary>The unit cube, by a sigmoid after the add-on layers (paper, section 2.1).</summary>
    Cube,

    /// <summary>
    /// The unit sphere: each cell, also of prototypes, has length 1, and the squared distance is 2 − 2 cos of the angle between
    /// them, 0 (same direction) to 4 (opposite), summed over the cells of a prototype. This is cosine similarity.
    /// </summary>
    Sphere,
}

/// <summary>The function from a squared distance d to a similarity.</summary>
public enum SimilarityFunction
{
    /// <summary>log((d + 1) / (d + ε)) (paper, section 2.1): from 0 (far) to log(1/ε) (equal), which is 9.21 for the paper's ε of 1e-4.</summary>
    Log,

    /// <summary>−d.</summary>
    Linear,
}

/// <summary>Everything needed to build a network, without learned values.</summary>
public sealed record NetworkArchitecture
{
    /// <summary>The convolutional backbone f.</summary>
    public required Backbone Backbone { get; init; }

    /// <summary>The number of backbone stages to keep (ResNet: 3 gives stride 16); null: all.</summary>
    public int? Stages { get; init; }

    /// <summary>The layers between backbone and prototypes.</summary>
    public AddOnLayers AddOnLayers { get; init; } = AddOnLayers.Regular;

    /// <summary>
    /// The latent space: the cube, compared by distance, or the sphere, compared by cosine. The default here is as
    /// published; the trainer's options choose the sphere.
    /// </summary>
    public LatentSpace LatentSpace { get; init; } = LatentSpace.Cube;

    /// <summary>D, the channels of latent patches and prototypes.</summary>
    public int PrototypeDepth { get; init; } = 128;

    /// <summary>Rows of a prototype, in cells of the feature map.</summary>
    public int PrototypeHeight { get; init; } = 1;

    /// <summary>Columns of a prototype, in cells of the feature map.</summary>
    public int PrototypeWidth { get; init; } = 1;

    /// <summary>The similarity function of the prototype layer g.</summary>
    public SimilarityFunction Similarity { get; init; } = SimilarityFunction.Log;

    /// <summary>
    /// ε of <see cref="SimilarityFunction.Log"/>, above 0 and below 1. The larger, the less a patch that is very near counts for more than one that is near.
    /// The default is the paper's.
    /// </summary>
    public double Epsilon { get; init; } = PrototypeLayer.PublishedEpsilon;

    /// <summary>
    /// Whether prototypes are compared only with patches on the object, which is found in the backbone's last map (Wei et al. 2017): all other
    /// patches have the largest distance. The default here is as published; the trainer's options choose the mask for pretrained backbones.
    /// </summary>
    public bool ObjectMask { get; init; }

    /// <summary>S: rows and columns of the input, in pixels.</summary>
    public int ImageSize { get; init; } = 224;

    /// <summary>K, the number of classes.</summary>
    public required int Classes { get; init; }

    /// <summary>The class of each of the P prototypes (0-based); after pruning, classes may have different numbers of prototypes.</summary>
    public required IReadOnlyList<int> PrototypeClasses { get; init; }

    /// <summary>P, the number of prototypes.</summary>
    public int Prototypes => PrototypeClasses.Count;

    /// <summary>The largest squared distance of a patch to a prototype: 4·h·w on the sphere, D·h·w in the cube.</summary>
    internal double LargestDistance
        => (LatentSpace == LatentSpace.Sphere ? 4.0 : PrototypeDepth) * PrototypeHeight * PrototypeWidth;

    /// <summary>The usual assignment: the same number of prototypes for each class, in order of class.</summary>
    public static int[] EqualPrototypeClasses(int classes, int perClass)
        => [.. Enumerable.Range(0, classes * perClass).Select(j => j / perClass)];
}
