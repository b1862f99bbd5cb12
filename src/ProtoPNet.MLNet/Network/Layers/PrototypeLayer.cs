using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Layers;

/// <summary>The prototype layer g: the distance of each latent patch to each prototype.</summary>
internal static class PrototypeLayer
{
    /// <summary>The paper's ε, which bounds similarities at log(1/ε) = 9.21.</summary>
    public const double PublishedEpsilon = 1e-4;

    /// <summary>
    /// Squared L2 distances of all h × w patches of <paramref name="latent"/> (N × D × H × W) to all <paramref name="prototypes"/>
    /// (P × D × h × w): N × P × (H−h+1) × (W−w+1), never negative.
    /// </summary>
    /// <remarks>
    /// ‖z‖² − 2 z·p + ‖p‖², so that no intermediate is larger than the result; relative to the <see cref="Centre"/>, because otherwise small
    /// distances would be differences of large numbers.
    /// </remarks>
    public static Tensor Distances(Tensor latent, Tensor prototypes, LatentSpace space)
    {
        using DisposeScope scope = NewDisposeScope();
        double centre = Centre(space);
        if (centre != 0) (latent, prototypes) = (latent.Plus(-centre), prototypes.Plus(-centre));
        Tensor patchNorms = latent.Squared().sum(1, keepdim: true);
        if (prototypes.shape[2] * prototypes.shape[3] > 1)
        {
            Tensor window = ones([1, 1, prototypes.shape[2], prototypes.shape[3]], latent.dtype, latent.device);
            patchNorms = nn.functional.conv2d(patchNorms, window);
        }
        Tensor prototypeNorms = prototypes.Squared().sum([1, 2, 3]).view(-1, 1, 1);
        // The order of the published implementation; its ReLU clamps negative rounding errors.
        return nn.functional.conv2d(latent, prototypes)
            .MultiplyBy(-2).IncreaseBy(prototypeNorms).IncreaseBy(patchNorms).relu_().MoveToOuterDisposeScope();
    }

    /// <summary>The centre of a space in every channel. Distances do not depend on the origin; only rounding does.</summary>
    public static double Centre(LatentSpace space) => space == LatentSpace.Cube ? 0.5 : 0;

    /// <summary>The distance of each prototype to the nearest patch of each image: N × P × H' × W' to N × P.</summary>
    public static Tensor Nearest(Tensor distances)
    {
        using DisposeScope scope = NewDisposeScope();
        return distances.flatten(2).min(2).values.MoveToOuterDisposeScope();
    }

    /// <summary>The similarities, with the shape of <paramref name="distances"/> and decreasing in them.</summary>
    public static Tensor Similarity(Tensor distances, SimilarityFunction function, double epsilon)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor similarity = function switch
        {
            SimilarityFunction.Log => (distances.Plus(1) / distances.Plus(epsilon)).log_(),
            SimilarityFunction.Linear => -distances,
            _ => throw new ArgumentOutOfRangeException(nameof(function), function, "There is no such similarity function."),
        };
        return similarity.MoveToOuterDisposeScope();
    }
}
