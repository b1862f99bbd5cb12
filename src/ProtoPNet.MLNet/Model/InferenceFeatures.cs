using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Network.Layers;
using ProtoPNet.MLNet.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Model;

/// <summary>
/// A backbone as it stands, copied for speed: batch norms folded into the convolutions before them; computed by ONNX Runtime on the CPU if it is
/// there and agrees with libtorch, else by libtorch, in channels-last order. Features differ from the original's by rounding alone; what is trained
/// afterwards does not reach the copy.
/// </summary>
internal sealed class InferenceFeatures : IDisposable
{
    private readonly BackboneNetwork _backbone;
    private readonly OnnxEngine? _engine;

    /// <summary>Copies the backbone of <paramref name="network"/>, on its device.</summary>
    /// <param name="network">The network.</param>
    /// <param name="note">Receives why ONNX Runtime is not used, if it is there but does not agree.</param>
    public InferenceFeatures(ProtoPNetNetwork network, Action<string>? note = null)
        : this(network.Features, network.PrototypeVectors.device, note) { }

    /// <summary>Copies <paramref name="backbone"/>, onto that device.</summary>
    public InferenceFeatures(BackboneNetwork backbone, Device device, Action<string>? note = null)
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
        if (device.type != DeviceType.CPU) return;
        Dictionary<string, Tensor> own = StateDict.Of(_backbone).ToDictionary(pair => pair.Name, pair => pair.Tensor);
        if (OnnxEngine.Obstacle(own) is null) _engine = new(folding.Graph, own, Libtorch, note ?? (_ => { }));
    }

    /// <summary>What computes the features, with its version: those of different engines differ by rounding.</summary>
    public string Engine => $"libtorch {__version__}" + (_engine is null ? "" : $", ONNX Runtime {OnnxEngine.Version}");

    /// <summary>Images N × 3 × S × S to features N × channels × H × W, contiguous.</summary>
    public Tensor Of(Tensor images) => Run(images, 0, _backbone.StageCount);

    /// <summary>Some of the stages, as <see cref="BackboneNetwork.Run"/> does; the result is contiguous.</summary>
    public Tensor Run(Tensor input, int from, int to)
    {
        using IDisposable noGrad = no_grad();
        return _engine?.Run(input, from, to) ?? Libtorch(input, from, to);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _engine?.Dispose();
        _backbone.Dispose();
    }

    private Tensor Libtorch(Tensor input, int from, int to)
    {
        using DisposeScope scope = NewDisposeScope();
        return _backbone.Run(input.ChannelsLast(), from, to).contiguous().MoveToOuterDisposeScope();
    }
}
