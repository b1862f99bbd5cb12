using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Layers;

/// <summary>The prototype layer g: how far each patch of the latent map is from each prototype.</summary>
internal static class PrototypeLayer
{
    /// <summary>ε of the similarity: it bounds it at log(1/ε) = 9.21.</summary>
    public const double Epsilon = 1e-4;

    /// <summary>
    /// Squared L2 distances of all h × w patches of <paramref name="latent"/> (N × D × H × W) to all <paramref name="prototypes"/>
    /// (P × D × h × w): N × P × (H−h+1) × (W−w+1), never negative.
    /// </summary>
    /// <remarks>
    /// ‖z‖² − 2 z·p + ‖p‖², so that nothing larger than the result is ever made; from the <see cref="Centre"/> of the space, because otherwise small
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
        // The order of the published implementation; its ReLU clamps what rounding makes negative.
        return nn.functional.conv2d(latent, prototypes)
            .MultiplyBy(-2).IncreaseBy(prototypeNorms).IncreaseBy(patchNorms).relu_().MoveToOuterDisposeScope();
    }

    /// <summary>The middle of a space, in every channel. No distance depends on the origin, only rounding does.</summary>
    public static double Centre(LatentSpace space) => space == LatentSpace.Cube ? 0.5 : 0;

    /// <summary>The distance of each prototype to the nearest patch of each image: N × P × H' × W' to N × P.</summary>
    public static Tensor Nearest(Tensor distances)
    {
        using DisposeScope scope = NewDisposeScope();
        return distances.flatten(2).min(2).values.MoveToOuterDisposeScope();
    }

    /// <summary>Similarities of the shape of <paramref name="distances"/>, decreasing in them.</summary>
    public static Tensor Similarity(Tensor distances, SimilarityFunction function)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor similarity = function switch
        {
            SimilarityFunction.Log => (distances.Plus(1) / distances.Plus(Epsilon)).log_(),
            SimilarityFunction.Linear => -distances,
            _ => throw new ArgumentOutOfRangeException(nameof(function), function, "There is no such similarity function."),
        };
        return similarity.MoveToOuterDisposeScope();
    }
}
