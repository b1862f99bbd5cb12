using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Network.Layers;
using ProtoPNet.MLNet.Randomness;
using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network;

/// <summary>
/// The black box beside ProtoPNet: the same backbone, its last map averaged over all cells, and a linear layer. N photographs of S × S pixels,
/// normalised (N × 3 × S × S), are mapped to K logits each. A logit is the mean of a class activation map (Zhou et al. 2016).
/// </summary>
internal sealed class PooledNetwork : nn.Module<Tensor, Tensor>
{
    /// <summary>Builds the network and draws the backbone's initial weights; without a generator they stay zero, to be loaded later.</summary>
    /// <exception cref="ArgumentException">The architecture cannot be built; the message says why.</exception>
    public PooledNetwork(PooledArchitecture architecture, DeterministicRandom? initial) : base(nameof(PooledNetwork))
    {
        architecture.Check();
        Architecture = architecture;
        Features = new BackboneNetwork(architecture.Backbone.Graph.Cut(architecture.Stages));
        Classifier = new LinearLayer(Features.OutputChannels, architecture.Classes);
        register_module("features", Features);
        register_module("classifier", Classifier);
        if (initial is not null) Initialisation.Fill(Features, initial);
        train();
    }

    /// <summary>The architecture of the network.</summary>
    public PooledArchitecture Architecture { get; }

    /// <summary>The backbone f: images N × 3 × S × S to features N × C × H × W.</summary>
    [field: ComponentName(Name = "features")]
    public BackboneNetwork Features { get; }

    /// <summary>Pooled features (N × C) to logits (N × K).</summary>
    [field: ComponentName(Name = "classifier")]
    public LinearLayer Classifier { get; }

    /// <summary>The average over all cells: features N × C × H × W to N × C.</summary>
    public static Tensor Pooled(Tensor features) => features.mean([2, 3]);

    /// <summary>Features of the backbone (N × C × H × W) to logits (N × K).</summary>
    public Tensor Logits(Tensor features)
    {
        using Tensor pooled = Pooled(features);
        if (training) return Classifier.call(pooled);
        using (FullPrecision.Enter()) return Classifier.call(pooled);
    }

    /// <summary>Features of the backbone (N × C × H × W) to class activation maps (N × K × H × W), whose means over the cells are the logits.</summary>
    public Tensor ActivationMaps(Tensor features)
    {
        using (FullPrecision.Enter()) return Classifier.OfCells(features);
    }

    /// <summary>The complete forward pass: images N × 3 × S × S to logits N × K.</summary>
    public override Tensor forward(Tensor images)
    {
        using Tensor features = Features.call(images);
        return Logits(features);
    }

    /// <summary>Switches between training and evaluation mode; batch norms always stay in evaluation mode, with the statistics that they have.</summary>
    public override void train(bool on = true)
    {
        base.train(on);
        foreach (BatchNormLayer norm in modules().OfType<BatchNormLayer>()) norm.eval();
    }
}
