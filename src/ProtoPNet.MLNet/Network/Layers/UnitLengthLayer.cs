using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Layers;

/// <summary>Scales the vector of channels at each cell to length 1, so that squared L2 distances are 2 − 2 cos.</summary>
internal sealed class UnitLengthLayer() : nn.Module<Tensor, Tensor>(nameof(UnitLengthLayer))
{
    /// <summary>Vectors shorter than this are divided by it instead, as they have no direction.</summary>
    public const double Shortest = 1e-12;

    /// <summary>N × C × H × W, of the same shape.</summary>
    public override Tensor forward(Tensor input) => nn.functional.normalize(input, p: 2, dim: 1, eps: Shortest);
}
