using ProtoPNet.MLNet.Network.Layers;
using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>ResNet (He and others, 2016): four stages of residual blocks; bottlenecks stride in their 3×3 convolution.</summary>
internal sealed record ResNetPlan(string Name, int[] Blocks, bool Bottleneck) : BackbonePlan(Name, Blocks.Length)
{
    public static Window Stem { get; } = new(7, 2, 3);

    public static Window Pool { get; } = new(3, 2, 1);

    public override IEnumerable<Window> Windows(int stages)
    {
        IEnumerable<Window> blocks = from stage in Enumerable.Range(1, stages)
                                     from block in Enumerable.Range(0, Blocks[stage - 1])
                                     from window in BlockWindows(Stride(stage, block))
                                     select window;
        return [Stem, Pool, .. blocks];
    }

    /// <summary>The first block of each stage but the first halves the resolution.</summary>
    public static int Stride(int stage, int block) => stage > 1 && block == 0 ? 2 : 1;

    /// <summary>The convolutions of one block.</summary>
    public Window[] BlockWindows(int stride)
        => Bottleneck ? [new(1), new(3, stride, 1), new(1)] : [new(3, stride, 1), new(3, 1, 1)];

    /// <summary>The channels after each convolution of a block of the stage.</summary>
    public int[] BlockChannels(int stage)
    {
        int width = 64 << (stage - 1);
        return Bottleneck ? [width, width, 4 * width] : [width, width];
    }
}

/// <summary>The residual network without its pooling and classifier; the last ReLU stays.</summary>
internal sealed class ResNet : BackboneNetwork
{
    public ResNet(ResNetPlan plan, int stages) : base(plan.Name)
    {
        int channels = 64;
        nn.Module<Tensor, Tensor>[] stem =
        [
            new ConvolutionLayer(3, channels, ResNetPlan.Stem),
            new BatchNormLayer(channels),
            nn.ReLU(inplace: true),
            nn.MaxPool2d(ResNetPlan.Pool.Kernel, ResNetPlan.Pool.Stride, ResNetPlan.Pool.Padding),
        ];
        register_module("conv1", stem[0]);
        register_module("bn1", stem[1]);
        for (int stage = 1; stage <= stages; stage++)
        {
            List<(string, nn.Module<Tensor, Tensor>)> blocks = [];
            for (int block = 0; block < plan.Blocks[stage - 1]; block++)
            {
                int[] widths = plan.BlockChannels(stage);
                blocks.Add(($"{block}", new ResidualBlock(channels, widths, plan.BlockWindows(ResNetPlan.Stride(stage, block)))));
                channels = widths[^1];
            }
            nn.Module<Tensor, Tensor> layer = nn.Sequential(blocks);
            register_module($"layer{stage}", layer);
            AddStage(stage == 1 ? [.. stem, layer] : [layer]);
        }
        OutputChannels = channels;
    }

    public override int OutputChannels { get; }
}

/// <summary>relu(convolutions(x) + x), the shortcut projected where shapes differ.</summary>
internal sealed class ResidualBlock : nn.Module<Tensor, Tensor>
{
    private readonly List<(nn.Module<Tensor, Tensor> Convolution, nn.Module<Tensor, Tensor> Norm)> _layers = [];
    [ComponentName(Name = "downsample")]
    private readonly nn.Module<Tensor, Tensor>? _shortcut;

    public ResidualBlock(int inputs, int[] channels, Window[] windows) : base(nameof(ResidualBlock))
    {
        int before = inputs;
        for (int i = 0; i < windows.Length; i++)
        {
            _layers.Add((new ConvolutionLayer(before, channels[i], windows[i]), new BatchNormLayer(channels[i])));
            register_module($"conv{i + 1}", _layers[i].Convolution);
            register_module($"bn{i + 1}", _layers[i].Norm);
            before = channels[i];
        }

        int stride = windows.Max(window => window.Stride);
        if (inputs == before && stride == 1) return;
        _shortcut = nn.Sequential(("0", new ConvolutionLayer(inputs, before, new(1, stride))), ("1", new BatchNormLayer(before)));
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = input;
        foreach ((nn.Module<Tensor, Tensor> convolution, nn.Module<Tensor, Tensor> norm) in _layers)
        {
            // The ReLU between layers; the last one comes after the sum.
            using Tensor convolved = convolution.call(ReferenceEquals(x, input) ? x : x.relu_());
            x = norm.call(convolved);
        }
        return x.IncreaseBy(_shortcut?.call(input) ?? input).relu_().MoveToOuterDisposeScope();
    }
}
