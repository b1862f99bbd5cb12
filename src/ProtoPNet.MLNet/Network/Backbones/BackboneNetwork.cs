using ProtoPNet.MLNet.Network.Layers;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>A convolutional backbone f, N × 3 × S × S to N × channels × H × W, whole or cut after a stage.</summary>
/// <remarks>Tensors are named as in torchvision, so that its weights fit; the classifier of the original is left away.</remarks>
internal abstract class BackboneNetwork(string name) : nn.Module<Tensor, Tensor>(name)
{
    /// <summary>Channels of the output.</summary>
    public abstract int OutputChannels { get; }

    /// <summary>Builds a backbone, all weights zero (batch norms as constructed).</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such stage.</exception>
    public static BackboneNetwork Create(Backbone backbone, int? stages)
    {
        BackbonePlan plan = BackbonePlan.Of(backbone);
        return plan.Build(plan.CheckStages(stages));
    }
}
