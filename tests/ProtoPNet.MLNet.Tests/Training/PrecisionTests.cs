using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Tests.Network;
using ProtoPNet.MLNet.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Training;

public sealed class PrecisionTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Bfloat16_leaves_features_unchanged_if_no_stage_is_run()
    {
        using ProtoPNetNetwork network = new(SmallRun.Small, new DeterministicRandom(1));
        Tensor features = randn([2, 64, 8, 8], generator: new Generator(5));
        network.Train(follow: false, ScalarType.BFloat16);
        Assert.Equal(features.Floats(), network.Features.Run(features, 1, 1).Floats());
    }

    [Theory]
    [InlineData(nameof(Backbone.ResNet18), true)]
    [InlineData(nameof(Backbone.ResNet18), false)]
    [InlineData(nameof(Backbone.Vgg11), false)]
    public void Sixteen_bits_give_nearly_the_gradients_of_thirty_two_and_leave_weights_and_evaluation_alone(string name, bool follow)
    {
        Backbone backbone = Backbone.Find(name)!;
        NetworkArchitecture architecture = new()
        {
            Backbone = backbone,
            Stages = 2,
            PrototypeDepth = 8,
            ImageSize = 32,
            Classes = 2,
            PrototypeClasses = [0, 0, 1, 1],
        };
        ProtoPNetNetwork network = new(architecture, new DeterministicRandom(1));
        Tensor images = randn([4, 3, 32, 32], generator: new Generator(5));
        network.eval();
        float[] before = network.call(images).Floats();

        float[] full = Gradients(ScalarType.Float32), half = Gradients(ScalarType.BFloat16);
        Assert.NotEqual(full, half);
        double cosine = System.Numerics.Tensors.TensorPrimitives.CosineSimilarity<float>(full, half);
        Assert.True(cosine > 0.98, $"{cosine}");
        Assert.All(network.parameters(), p => Assert.Equal(ScalarType.Float32, p.dtype));
        Assert.Equal(ScalarType.Float32, network.Features.call(images).dtype);
        if (follow) return; // statistics have moved
        network.eval();
        Assert.Equal(before, network.call(images).Floats());

        float[] Gradients(ScalarType type)
        {
            network.Train(follow, type);
            network.zero_grad();
            network.call(images).square().mean().backward();
            return [.. network.Features.parameters().SelectMany(p => p.grad!.Floats())];
        }
    }
}
