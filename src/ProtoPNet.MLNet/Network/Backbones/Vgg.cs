using ProtoPNet.MLNet.Network.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>VGG (Simonyan and Zisserman, 2015): stages of 3×3 convolutions, each closed by a max-pool.</summary>
internal sealed record VggPlan(string Name, int[] Convolutions, bool BatchNorm) : BackbonePlan(Name, Convolutions.Length)
{
    public static Window Convolution { get; } = new(3, 1, 1);

    public static Window Pool { get; } = new(2, 2);

    /// <summary>Channels after stage 1, 2, …: doubled by each stage but the last.</summary>
    public static int Channels(int stage) => Math.Min(64 << (stage - 1), 512);

    public override IEnumerable<Window> Windows(int stages)
        => Convolutions.Take(stages).SelectMany(count => Enumerable.Repeat(Convolution, count).Append(Pool));
}

/// <summary>The convolutional part of VGG, its last max-pool included, as in the published implementation.</summary>
internal sealed class Vgg : BackboneNetwork
{
    public Vgg(VggPlan plan, int stages) : base(plan.Name)
    {
        List<nn.Module<Tensor, Tensor>> layers = [];
        int channels = 3;
        for (int stage = 1; stage <= stages; stage++)
        {
            int before = layers.Count;
            for (int i = 0; i < plan.Convolutions[stage - 1]; i++)
            {
                layers.Add(new ConvolutionLayer(channels, VggPlan.Channels(stage), VggPlan.Convolution, bias: true));
                channels = VggPlan.Channels(stage);
                if (plan.BatchNorm) layers.Add(new BatchNormLayer(channels));
                layers.Add(nn.ReLU(inplace: true));
            }
            layers.Add(nn.MaxPool2d(VggPlan.Pool.Kernel, VggPlan.Pool.Stride));
            AddStage([.. layers.Skip(before)]);
        }
        OutputChannels = channels;
        register_module("features", nn.Sequential(layers.Select((layer, i) => ($"{i}", layer))));
    }

    public override int OutputChannels { get; }
}
