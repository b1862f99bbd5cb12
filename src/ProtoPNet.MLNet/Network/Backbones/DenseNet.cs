using ProtoPNet.MLNet.Network.Layers;
using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>DenseNet (Huang and others, 2017): four dense blocks, transitions between them that halve channels and resolution.</summary>
internal sealed record DenseNetPlan(string Name, int StemChannels, int Growth, int[] Blocks) : BackbonePlan(Name, Blocks.Length)
{
    public static Window Stem { get; } = new(7, 2, 3);

    public static Window StemPool { get; } = new(3, 2, 1);

    /// <summary>The two convolutions of a dense layer.</summary>
    public static (Window Narrow, Window Wide) DenseLayer { get; } = (new(1), new(3, 1, 1));

    public static (Window Convolution, Window Pool) Transition { get; } = (new(1), new(2, 2));

    public override IEnumerable<Window> Windows(int stages)
    {
        yield return Stem;
        yield return StemPool;
        for (int stage = 1; stage <= stages; stage++)
        {
            for (int layer = 0; layer < Blocks[stage - 1]; layer++)
            {
                yield return DenseLayer.Narrow;
                yield return DenseLayer.Wide;
            }
            if (stage == Stages) continue;
            yield return Transition.Convolution;
            yield return Transition.Pool;
        }
    }
}

/// <summary>The dense network without its classifier: after the last block its batch norm and a ReLU, after a cut the transition.</summary>
internal sealed class DenseNet : BackboneNetwork
{
    public DenseNet(DenseNetPlan plan, int stages) : base(plan.Name)
    {
        int channels = plan.StemChannels;
        List<(string Name, nn.Module<Tensor, Tensor> Module)> layers =
        [
            ("conv0", new ConvolutionLayer(3, channels, DenseNetPlan.Stem)),
            ("norm0", new BatchNormLayer(channels)),
            ("relu0", nn.ReLU(inplace: true)),
            ("pool0", nn.MaxPool2d(DenseNetPlan.StemPool.Kernel, DenseNetPlan.StemPool.Stride, DenseNetPlan.StemPool.Padding)),
        ];
        for (int stage = 1; stage <= stages; stage++)
        {
            int before = stage == 1 ? 0 : layers.Count;
            IEnumerable<(string, nn.Module<Tensor, Tensor>)> block = Enumerable.Range(0, plan.Blocks[stage - 1])
                .Select(i => ($"denselayer{i + 1}", (nn.Module<Tensor, Tensor>)new DenseLayer(channels + i * plan.Growth, plan.Growth)));
            layers.Add(($"denseblock{stage}", nn.Sequential(block.ToList())));
            channels += plan.Blocks[stage - 1] * plan.Growth;
            if (stage == plan.Stages) layers.AddRange([("norm5", new BatchNormLayer(channels)), ("relu5", nn.ReLU(inplace: true))]);
            else layers.Add(($"transition{stage}", Transition(channels, channels /= 2)));
            AddStage([.. layers.Skip(before).Select(layer => layer.Module)]);
        }
        OutputChannels = channels;
        register_module("features", nn.Sequential(layers));
    }

    public override int OutputChannels { get; }

    private static nn.Module<Tensor, Tensor> Transition(int inputs, int outputs)
        => nn.Sequential(
            ("norm", new BatchNormLayer(inputs)),
            ("relu", nn.ReLU(inplace: true)),
            ("conv", new ConvolutionLayer(inputs, outputs, DenseNetPlan.Transition.Convolution)),
            ("pool", nn.AvgPool2d(DenseNetPlan.Transition.Pool.Kernel, DenseNetPlan.Transition.Pool.Stride)));
}

/// <summary>Appends to its input the channels that two convolutions, each after batch norm and ReLU, find in it.</summary>
internal sealed class DenseLayer : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "norm1")]
    private readonly nn.Module<Tensor, Tensor> _norm1;

    [ComponentName(Name = "conv1")]
    private readonly nn.Module<Tensor, Tensor> _conv1;

    [ComponentName(Name = "norm2")]
    private readonly nn.Module<Tensor, Tensor> _norm2;

    [ComponentName(Name = "conv2")]
    private readonly nn.Module<Tensor, Tensor> _conv2;

    public DenseLayer(int inputs, int growth) : base(nameof(DenseLayer))
    {
        int narrow = 4 * growth;
        _norm1 = new BatchNormLayer(inputs);
        _conv1 = new ConvolutionLayer(inputs, narrow, DenseNetPlan.DenseLayer.Narrow);
        _norm2 = new BatchNormLayer(narrow);
        _conv2 = new ConvolutionLayer(narrow, growth, DenseNetPlan.DenseLayer.Wide);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor narrow = _conv1.call(_norm1.call(input).relu_());
        Tensor found = _conv2.call(_norm2.call(narrow).relu_());
        return cat([input, found], 1).MoveToOuterDisposeScope();
    }
}
