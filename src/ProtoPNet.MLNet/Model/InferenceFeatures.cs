using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Network.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Model;

/// <summary>
/// A backbone as it stands, copied for speed: batch norms folded into the convolutions before them, tensors in channels-last order.
/// Features differ from the original's by rounding alone; what is trained afterwards does not reach the copy.
/// </summary>
internal sealed class InferenceFeatures : IDisposable
{
    private readonly BackboneNetwork _backbone;

    /// <summary>Copies the backbone of <paramref name="network"/>, on its device.</summary>
    public InferenceFeatures(ProtoPNetNetwork network) : this(network.Features, network.PrototypeVectors.device) { }

    /// <summary>Copies <paramref name="backbone"/>, onto that device.</summary>
    public InferenceFeatures(BackboneNetwork backbone, Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        var folding = new GraphFolding(backbone.Graph);
        Dictionary<string, Tensor> weights = folding.Fold(StateDict.Of(backbone).ToDictionary(pair => pair.Name, pair => pair.Tensor));
        _backbone = new BackboneNetwork(folding.Graph);
        _backbone.to(device);
        StateDict.Assign(_backbone, weights.Keys, name => weights[name].alias(), "the network itself");
        _backbone.eval();
        foreach (ConvolutionLayer convolution in _backbone.modules().OfType<ConvolutionLayer>()) convolution.ToChannelsLast();
        // The copy outlives whatever scope it happens to be made in.
        foreach ((_, Tensor tensor) in StateDict.Of(_backbone)) tensor.DetachFromDisposeScope();
    }

    /// <summary>Images N × 3 × S × S to features N × channels × H × W, contiguous.</summary>
    public Tensor Of(Tensor images) => Run(images, 0, _backbone.StageCount);

    /// <summary>Some of the stages, as <see cref="BackboneNetwork.Run"/> does; the result is contiguous.</summary>
    public Tensor Run(Tensor input, int from, int to)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        return _backbone.Run(input.ChannelsLast(), from, to).contiguous().MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => _backbone.Dispose();
}
