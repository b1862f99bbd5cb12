using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Layers;

/// <summary>A learned tensor used by other operations, such as a layer scale or a matrix.</summary>
internal sealed class WeightLayer : nn.Module
{
    public WeightLayer(long[] shape) : base(nameof(WeightLayer)) => register_parameter("value", new Parameter(zeros(shape)));

    private Parameter Value => get_parameter("value")!;

    /// <summary>A copy in the given type, to be disposed of by the caller.</summary>
    public Tensor As(ScalarType type) => Value.dtype == type ? Value.alias() : Value.to(type);
}
