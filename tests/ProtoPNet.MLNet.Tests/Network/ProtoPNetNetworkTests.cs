using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Layers;
using ProtoPNet.MLNet.Randomness;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Network;

public sealed class ProtoPNetNetworkTests
{
    internal static NetworkArchitecture Small(Backbone? backbone = null, int? stages = null) => new()
    {
        Backbone = backbone ?? Backbone.ResNet18,
        Stages = stages,
        ImageSize = 64,
        PrototypeDepth = 8,
        Classes = 2,
        PrototypeClasses = [0, 0, 1],
    };

    [Theory]
    [InlineData(nameof(Backbone.ResNet18), new[] { "layer1.1.relu", "layer2.1.relu", "layer3.1.relu", "layer4.1.relu" })]
    [InlineData(nameof(Backbone.ResNet50), new[] { "layer1.2.relu", "layer2.3.relu", "layer3.5.relu", "layer4.2.relu" })]
    [InlineData(nameof(Backbone.Vgg11Bn), new[] { "features.3", "features.7", "features.14", "features.21", "features.28" })]
    [InlineData(nameof(Backbone.DenseNet121),
        new[] { "features.transition1.pool", "features.transition2.pool", "features.transition3.pool", "features.relu5" })]
    public void Cut_backbone_is_the_beginning_of_the_whole(string name, string[] stages)
    {
        Backbone backbone = Backbone.Find(name)!;
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        using ProtoPNetNetwork whole = new(Small(backbone), null);
        GoldenGenerator.Fill(whole);
        whole.eval();
        Tensor images = GoldenGenerator.NormalisedImages(1, 1, 64), before = images;
        Dictionary<string, Tensor> weights = StateDict.Of(whole.Features).ToDictionary(pair => pair.Name, pair => pair.Tensor);
        Assert.Equal(stages, whole.Features.Graph.Stages);

        for (int stage = 1; stage <= stages.Length; stage++)
        {
            using ProtoPNetNetwork cut = new(Small(backbone, stage), null);
            StateDict.Assign(cut.Features, weights.Keys, name => weights[name].clone(), "the whole", name => true);
            cut.eval();
            Tensor features = cut.Features.call(images);
            before = whole.Features.Run(before, stage - 1, stage);
            Assert.Equal(before.Floats(), features.Floats());
            Assert.Equal(whole.Features.Run(images, 0, stage).Floats(), features.Floats());
            Assert.Equal(cut.Features.OutputChannels, features.shape[1]);
            Assert.Equal(ReceptiveField.Of(cut.Architecture).Rows.Cells, features.shape[2]);
        }
    }

    [Fact]
    public void Batch_norm_statistics_move_only_when_asked()
    {
        using DisposeScope scope = NewDisposeScope();
        using ProtoPNetNetwork network = new(Small(), new DeterministicRandom(1));
        Tensor images = GoldenGenerator.NormalisedImages(2, 2, 64);
        float[] Means() => [.. network.modules().OfType<BatchNormLayer>().SelectMany(norm => norm.Mean.Floats())];
        float[] before = Means();

        network.train();
        network.forward(images);
        Assert.Equal(before, Means());
        Assert.True(network.training);

        network.BatchNormFrozen = false;
        network.train();
        network.forward(images);
        Assert.NotEqual(before, Means());
    }

    [Fact]
    public void Same_seed_gives_the_same_network_and_torchs_own_generator_is_left_alone()
    {
        using DisposeScope scope = NewDisposeScope();
        byte[] before = [.. get_rng_state().bytes];
        using ProtoPNetNetwork one = new(Small(), new DeterministicRandom(5)), same = new(Small(), new DeterministicRandom(5));
        using ProtoPNetNetwork other = new(Small(), new DeterministicRandom(6));
        Assert.Equal(before, get_rng_state().bytes.ToArray());
        Assert.Equal(All(one), All(same));
        Assert.NotEqual(All(one), All(other));

        static float[] All(ProtoPNetNetwork network) => [.. StateDict.Of(network).SelectMany(pair => pair.Tensor.Floats())];
    }

    [Fact]
    public void Initial_weights_are_the_papers()
    {
        using ProtoPNetNetwork network = new(Small() with { Backbone = Backbone.DenseNet121, PrototypeDepth = 128 }, new DeterministicRandom(3));
        Dictionary<string, float[]> weights = StateDict.Of(network)
            .ToDictionary(pair => pair.Name, pair => pair.Tensor.Floats());
        Assert.Equal([1f, 1f, -0.5f, -0.5f, -0.5f, 1f], weights["last_layer.weight"]);
        Assert.All(weights["prototype_vectors"], value => Assert.InRange(value, 0, 1));
        Assert.Equal(0.5, weights["prototype_vectors"].Average(), 0.05);
        Assert.All(weights["add_on_layers.0.bias"], value => Assert.Equal(0, value));
        Assert.Equal(Math.Sqrt(2.0 / 128), Deviation(weights["add_on_layers.0.weight"]), 0.002);
        Assert.Equal(Math.Sqrt(2.0 / (3 * 49)), Deviation(weights["features.features.conv0.weight"]), 0.005);

        static double Deviation(float[] values) => Math.Sqrt(values.Average(value => (double)value * value));
    }

    [Fact]
    public void Gradients_reach_every_parameter()
    {
        foreach (Backbone backbone in new[] { Backbone.ResNet18, Backbone.Vgg11Bn, Backbone.DenseNet121 })
        {
            using DisposeScope scope = NewDisposeScope();
            using ProtoPNetNetwork network = new(Small(backbone, 2), new DeterministicRandom(1));
            network.forward(GoldenGenerator.NormalisedImages(3, 1, 64)).square().sum().backward();
            Assert.All(network.named_parameters(), pair => Assert.True(pair.parameter.grad is not null, $"{pair.name} has no gradient."));
        }
    }

    [Fact]
    public void Network_may_move_to_another_type()
    {
        using DisposeScope scope = NewDisposeScope();
        using ProtoPNetNetwork network = new(Small(), new DeterministicRandom(1));
        network.to(ScalarType.Float64);
        Assert.Equal(ScalarType.Float64, network.forward(GoldenGenerator.NormalisedImages(3, 1, 64).to(ScalarType.Float64)).dtype);
    }

    [Fact]
    public void Architectures_that_cannot_be_built_are_refused_with_the_reason()
    {
        AssertRefused("ResNet18 no room for prototypes of 3×1 cells", Small() with { PrototypeHeight = 3 });
        AssertRefused("resnet18 has 4 stages", Small(stages: 5));
        AssertRefused("Prototype 1 is of class 2; classes are numbered 0 to 1", Small() with { PrototypeClasses = [0, 2] });
        AssertRefused("number of prototypes must be at least 1", Small() with { PrototypeClasses = [] });
        AssertRefused("depth must be at least 1, not 0", Small() with { PrototypeDepth = 0 });

        static void AssertRefused(string reason, NetworkArchitecture architecture)
        {
            ArgumentException refused = Assert.ThrowsAny<ArgumentException>(() => new ProtoPNetNetwork(architecture, null));
            Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        }
    }
}
