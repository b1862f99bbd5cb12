using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Network.Layers;
using ProtoPNet.MLNet.Onnx;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Training.Features;
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

    /// <summary>Kept features may be filled, and computed again, in batches of any size; see also <c>FrozenStages</c> about a lone image.</summary>
    [Theory]
    [InlineData(nameof(Backbone.ResNet18), 4)]
    [InlineData(nameof(Backbone.DenseNet121), 2)]
    [InlineData(nameof(Backbone.Vgg11Bn), 3)]
    public void Features_of_an_image_do_not_depend_on_its_batch(string name, int stages)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        using ProtoPNetNetwork network = new(ProtoPNetNetworkTests.Small(Backbone.Find(name)!, stages), null);
        GoldenGenerator.Fill(network);
        network.eval();
        using InferenceFeatures copy = new(network);
        long[] shape = copy.Of(GoldenGenerator.NormalisedImages(1, 2, 64)).shape[1..];
        FrozenStages frozen = new(copy, stages, shape);
        Tensor images = GoldenGenerator.NormalisedImages(1, 9, 64);
        float[] together = frozen.Of(images).Floats();
        for (int size = 1; size < 9; size++)
        {
            List<float> apart = [];
            for (int first = 0; first < 9; first += size) apart.AddRange(frozen.Of(images.narrow(0, first, Math.Min(size, 9 - first))).Floats());
            Assert.Equal(together, apart);
        }
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

    [Theory]
    [InlineData(nameof(Backbone.ResNet18), 3)]
    [InlineData(nameof(Backbone.DenseNet121), 2)]
    public void ONNX_Runtime_gives_libtorchs_features_of_any_stages(string name, int stages)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        using ProtoPNetNetwork network = Filled(Backbone.Find(name)!, stages);
        using OnnxEngine engine = Engine(network.Features, network.Features.Run, Assert.Fail);
        Tensor images = GoldenGenerator.NormalisedImages(1, 5, 64);
        foreach ((int from, int to) in (ReadOnlySpan<(int, int)>)[(0, 1), (0, stages), (1, stages)])
        {
            Tensor input = network.Features.Run(images, 0, from), expected = network.Features.Run(images, 0, to);
            Arrays.AssertClose(expected.Floats(), engine.Run(input, from, to)!.Floats(), 3e-5 * Math.Max(1, expected.abs().max().item<float>()));
        }
        Assert.Null(engine.Run(images, 1, 1));
    }

    [Fact]
    public void ONNX_Runtime_is_not_used_where_it_disagrees_and_that_is_said()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        using ProtoPNetNetwork network = Filled(Backbone.ResNet18, 2);
        List<string> notes = [];
        using OnnxEngine engine = Engine(
            network.Features, (x, from, to) => network.Features.Run(x, from, to).MultiplyBy(to == 2 ? 1.01 : 1), notes.Add);
        Tensor images = GoldenGenerator.NormalisedImages(1, 2, 64);
        Assert.Null(engine.Run(images, 0, 2));
        Assert.Null(engine.Run(images, 0, 2));
        Assert.NotNull(engine.Run(images, 0, 1));
        Assert.StartsWith(
            "Stages 1 to 2 of resnet18 are computed by libtorch, not by ONNX Runtime: its features differ from libtorch's by ", Assert.Single(notes));
    }

    /// <summary>ONNX Runtime's ReLU would turn NaN into numbers.</summary>
    [Theory]
    [InlineData("conv1.weight", float.NaN)]
    [InlineData("layer1.0.bn1.bias", float.PositiveInfinity)]
    [InlineData("layer1.0.conv1.weight", 1e38f)]
    public void Weights_that_are_not_finite_or_overflow_still_show(string name, float value)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        using ProtoPNetNetwork network = Filled(Backbone.ResNet18, 2);
        StateDict.Of(network.Features).Single(t => t.Name == name).Tensor.fill_(value);
        using InferenceFeatures copy = new(network);
        Assert.Contains(copy.Of(GoldenGenerator.NormalisedImages(1, 1, 64)).Floats(), f => !float.IsFinite(f));
    }

    [Fact]
    public void Images_that_are_not_finite_still_show()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        using ProtoPNetNetwork network = Filled(Backbone.ResNet18, 2);
        using InferenceFeatures copy = new(network);
        Tensor images = GoldenGenerator.NormalisedImages(1, 2, 64);
        Assert.All(copy.Of(images).Floats(), f => Assert.True(float.IsFinite(f)));
        images[1, 0, 30, 30] = float.NaN;
        Assert.Contains(copy.Of(images).Floats(), float.IsNaN);
    }

    /// <summary>Prototypes that were projected with one engine are their patches with the other.</summary>
    [Theory]
    [InlineData(LatentSpace.Sphere)]
    [InlineData(LatentSpace.Cube)]
    public void Patches_of_both_engines_are_the_same(LatentSpace space)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        using ProtoPNetNetwork network = new(ProtoPNetNetworkTests.Small(Backbone.ResNet18, 3) with { LatentSpace = space }, null);
        GoldenGenerator.Fill(network);
        network.eval();
        using InferenceFeatures copy = new(network);
        Tensor images = GoldenGenerator.NormalisedImages(1, 5, 64);
        float[] one = network.LatentOf(copy.Of(images)).Values.Floats();
        float[] other = network.LatentOf(network.Features.call(images)).Values.Floats();
        // Summed over all cells: an upper bound of each patch's squared distance.
        Assert.InRange(one.Zip(other, (a, b) => (double)(a - b) * (a - b)).Sum(), 0, 1e-6);
    }

    private static ProtoPNetNetwork Filled(Backbone backbone, int stages)
    {
        ProtoPNetNetwork network = new(ProtoPNetNetworkTests.Small(backbone, stages), null);
        GoldenGenerator.Fill(network);
        network.eval();
        return network;
    }

    private static OnnxEngine Engine(BackboneNetwork network, Func<Tensor, int, int, Tensor> libtorch, Action<string> note)
    {
        Dictionary<string, Tensor> weights = StateDict.Of(network).ToDictionary(t => t.Name, t => t.Tensor);
        Assert.Null(OnnxEngine.Obstacle(weights));
        return new(network.Graph, weights, libtorch, note);
    }
}
