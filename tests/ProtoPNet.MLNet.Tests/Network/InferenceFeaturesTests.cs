using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Layers;
using ProtoPNet.MLNet.Randomness;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Network;

public sealed class InferenceFeaturesTests
{
    [Theory]
    [InlineData(nameof(Backbone.ResNet18), 3)]
    [InlineData(nameof(Backbone.ResNet50), 2)]
    [InlineData(nameof(Backbone.Vgg11), 3)]
    [InlineData(nameof(Backbone.Vgg11Bn), 5)]
    [InlineData(nameof(Backbone.DenseNet121), 2)]
    [InlineData(nameof(Backbone.DenseNet121), 4)]
    public void Folded_copy_gives_the_same_features(string name, int stages)
    {
        Backbone backbone = Backbone.Find(name)!;
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        using ProtoPNetNetwork network = new(ProtoPNetNetworkTests.Small(backbone, stages), null);
        GoldenGenerator.Fill(network);
        network.eval();
        Tensor images = GoldenGenerator.NormalisedImages(1, 2, 64);
        Tensor expected = network.Features.call(images);
        using InferenceFeatures copy = new(network);
        Tensor features = copy.Of(images);

        double scale = expected.abs().max().item<float>();
        Assert.True(features.is_contiguous());
        Arrays.AssertClose(expected.Floats(), features.Floats(), 3e-5 * Math.Max(1, scale));
        Arrays.AssertClose(network.PatchesOf(expected).Floats(), network.PatchesOf(features).Floats(), 3e-5);
        Assert.Equal(expected.Floats(), network.Features.call(images).Floats());
    }

    [Fact]
    public void Copy_outlives_the_scope_that_it_was_made_in()
    {
        using ProtoPNetNetwork network = new(ProtoPNetNetworkTests.Small(stages: 1), new DeterministicRandom(1));
        InferenceFeatures copy;
        using (NewDisposeScope()) copy = new(network);
        using (copy)
        using (Tensor images = GoldenGenerator.NormalisedImages(1, 1, 64))
        using (Tensor features = copy.Of(images))
            Assert.Equal([1, 64, 16, 16], features.shape);
    }

    [Fact]
    public void Training_does_not_reach_the_copy()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        using ProtoPNetNetwork network = new(ProtoPNetNetworkTests.Small(stages: 1), new DeterministicRandom(1));
        using InferenceFeatures copy = new(network);
        Tensor images = GoldenGenerator.NormalisedImages(1, 1, 64);
        float[] before = copy.Of(images).Floats();
        foreach (ConvolutionLayer convolution in network.Features.modules().OfType<ConvolutionLayer>()) convolution.Weight.add_(1);
        Assert.Equal(before, copy.Of(images).Floats());
    }
}
