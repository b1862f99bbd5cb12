using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network;

/// <summary>The patches that prototypes are compared with.</summary>
internal static class Patches
{
    /// <summary>All latent patches of the size of a prototype, as a view (N × H' × W' × D × h × w) of a latent map (N × D × H × W).</summary>
    public static Tensor Unfold(Tensor latent, NetworkArchitecture architecture)
        => latent.unfold(2, architecture.PrototypeHeight, 1).unfold(3, architecture.PrototypeWidth, 1).permute(0, 2, 3, 1, 4, 5);

    /// <summary>All latent patches as rows of numbers: N × H'W' × Dhw, of a latent map (N × D × H × W).</summary>
    public static Tensor Rows(Tensor latent, NetworkArchitecture architecture) => Unfold(latent, architecture).flatten(1, 2).flatten(2);
}
