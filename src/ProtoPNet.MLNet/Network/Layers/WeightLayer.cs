using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Layers;

/// <summary>A learned tensor that calculations read: a scale of layers, a matrix.</summary>
internal sealed class WeightLayer : nn.Module
{
    public WeightLayer(long[] shape) : base(nameof(WeightLayer)) => register_parameter("value", new Parameter(zeros(shape)));

    private Parameter Value => get_parameter("value")!;

    /// <summary>Its numbers in that type; a tensor of its own, to be disposed of.</summary>
    public Tensor As(ScalarType type) => Value.dtype == type ? Value.alias() : Value.to(type);
}
