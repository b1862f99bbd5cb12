using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network;

/// <summary>Checks whether a prototype equals a patch; shared by training, inspection and import.</summary>
internal static class PatchCheck
{
    /// <summary>The largest squared distance that counts as equal, far above the rounding errors of convolutions.</summary>
    public const double Tolerance = 1e-6;

    /// <summary>The squared distance between a latent patch and a prototype, both D × h × w.</summary>
    public static double Distance(Tensor patch, Tensor prototype)
        => (patch - prototype).to(ScalarType.Float64).Squared().sum().item<double>();

    /// <summary>Whether a squared distance counts as equal; NaN never does.</summary>
    public static bool IsSame(double distance) => distance <= Tolerance;
}
