using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;

namespace ProtoPNet.MLNet.Training.Features;

/// <summary>Makes the banks of a run, which share its space for kept features.</summary>
internal sealed class FeatureKeeper(TrainingContext context, TrainingViews views)
{
    private readonly FeatureSpace _space = new(context.Features);
    private readonly FeatureKey _key = new(context.Images);

    /// <summary>A bank of features, empty unless an earlier run has left them.</summary>
    /// <param name="network">The network.</param>
    /// <param name="backbone">A copy of its backbone as it stands, for the life of the bank.</param>
    /// <param name="stages">The frozen leading stages.</param>
    /// <param name="wanted">The views.</param>
    public FeatureBank Bank(ProtoPNetNetwork network, InferenceFeatures backbone, int stages, WantedFeatures wanted)
    {
        BackboneGraph graph = network.Features.Graph;
        long[] shape = graph.Shapes(network.Architecture.ImageSize)[graph.Stages[stages - 1]][1..];
        int rowBytes = wanted.Code.RowBytes(shape.Aggregate(1L, (product, side) => product * side));
        string? key = wanted.Later && _space.KeepsFiles ? _key.Of(network, backbone.Engine, stages, wanted) : null;
        return new(
            context, wanted, new(backbone, stages, shape), _space.Reserve(wanted.Views.Length, rowBytes, key),
            views.Pipeline(RenderedBatches.InOrderBatch));
    }
}
