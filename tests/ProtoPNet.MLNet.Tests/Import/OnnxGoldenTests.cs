using System.Text.Json;
using ProtoPNet.MLNet.Import;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Tests.Network;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Import;

/// <summary>Ten kinds of classifiers exported by torchvision, compared with its results.</summary>
public sealed class OnnxGoldenTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    public static TheoryData<string> Files =>
    [
        "convnext.onnx", "densenet.onnx", "efficientnet.onnx", "mnasnet.onnx", "mobilenet_v2.onnx", "mobilenet_v3.onnx", "regnet.onnx",
        "shufflenet_v2.onnx", "squeezenet.onnx", "vgg_bn.onnx",
    ];

    [Theory, MemberData(nameof(Files))]
    public void Features_are_those_of_the_original(string file)
    {
        JsonElement golden = Golden(file);
        using ImportedBackbone imported = Read(file);
        using BackboneNetwork network = imported.Network();
        using IDisposable noGrad = no_grad();
        Tensor images = GoldenGenerator.NormalisedImages(60000, 2, 64), features = network.call(images);
        AssertGolden(golden, features, 1e-4);

        using var copy = new InferenceFeatures(network, CPU);
        AssertGolden(golden, copy.Of(images), 1e-4);
        // The same from any intermediate stage.
        Tensor x = images;
        for (int stage = 1; stage <= network.StageCount; stage++) x = network.Run(x, stage - 1, stage);
        Assert.Equal(features.Floats(), x.Floats());
    }

    [Theory, MemberData(nameof(Files))]
    public void Gradients_are_the_slopes_of_the_output(string file)
    {
        using ImportedBackbone imported = Read(file);
        using BackboneNetwork network = imported.Network();
        network.to(ScalarType.Float64);
        network.train();
        foreach (nn.Module norm in network.modules().OfType<MLNet.Network.Layers.BatchNormLayer>()) norm.eval();
        Tensor images = GoldenGenerator.NormalisedImages(60000, 2, 64).to(ScalarType.Float64);
        Tensor start = network.call(images).square().mean();
        start.backward();
        double loss = start.item<double>();
        int seen = 0, all = 0;
        foreach ((string name, TorchSharp.Modules.Parameter parameter) in network.named_parameters())
        {
            Assert.True(parameter.grad is not null, $"{name} has no gradient.");
            all++;
            using DisposeScope scope = NewDisposeScope();
            using IDisposable noGrad = no_grad();
            // A step along the gradient: small enough that few ReLUs change sides, large enough to measure.
            double slope = parameter.grad!.norm().item<double>();
            double step = Math.Min(1e-7 * loss / slope, 1e-3 * Math.Max(1e-2, parameter.norm().item<double>()));
            if (step * slope < 1e-12 * loss) continue;
            seen++;
            Tensor direction = parameter.grad / slope;
            parameter.add_(direction * step);
            double above = network.call(images).square().mean().item<double>();
            parameter.sub_(direction * (2 * step));
            double below = network.call(images).square().mean().item<double>();
            parameter.add_(direction * step);
            double ratio = (above - below) / (2 * step) / slope;
            Assert.True(Math.Abs(ratio - 1) < 2e-2, $"{name}: {ratio} of its gradient.");
        }
        Assert.InRange(seen, 0.7 * all, all); // the others, behind scales of 1e-6, contribute little
    }

    [Theory, MemberData(nameof(Files))]
    public void Frozen_stages_have_no_gradient_and_mixed_precision_comes_close(string file)
    {
        using ImportedBackbone imported = Read(file);
        using BackboneNetwork network = imported.Network();
        Tensor images = GoldenGenerator.NormalisedImages(60000, 2, 64), exact = network.call(images);
        using (no_grad()) images = network.Run(images, 0, 1);
        if (network.StageCount > 1) network.Run(images, 1, network.StageCount).square().mean().backward();
        Assert.All(network.StageParameters(1), parameter => Assert.Null(parameter.grad));
        network.train();
        foreach (nn.Module norm in network.modules().OfType<MLNet.Network.Layers.BatchNormLayer>()) norm.eval();
        network.TrainingType = ScalarType.BFloat16;
        Tensor mixed = network.call(GoldenGenerator.NormalisedImages(60000, 2, 64));
        Assert.Equal(ScalarType.Float32, mixed.dtype);
        Assert.InRange((mixed - exact).abs().mean().item<float>(), 0, 0.1f * exact.std().item<float>() + 0.02f * exact.abs().mean().item<float>());
    }

    [Theory, MemberData(nameof(Files))]
    public void Network_on_it_gives_in_ONNX_Runtime_what_it_gives_here(string file)
    {
        using ImportedBackbone imported = Read(file);
        using BackboneNetwork network = imported.Network();
        string path = _folder.In(file);
        float[] here;
        Tensor images = GoldenGenerator.NormalisedImages(60000, 2, 64);
        using (no_grad())
        {
            here = network.call(images).Floats();
            OnnxRuns.Write(network, path, 64);
        }
        float[] there = OnnxRuns.Run(path, images);
        double deviation = Golden(file).GetProperty("features_std").GetDouble();
        Arrays.AssertClose(here, there, 1e-4 * deviation);

        // The export can be imported again.
        using ImportedBackbone again = OnnxBackbones.Read(path, new("features"));
        using BackboneNetwork second = again.Network();
        Arrays.AssertClose(here, second.call(images).Floats(), 1e-4 * deviation);
    }

    [Theory, MemberData(nameof(Files))]
    public void Graph_runs_at_other_sizes_and_in_other_batches(string file)
    {
        using ImportedBackbone imported = Read(file);
        using BackboneNetwork network = imported.Network();
        using IDisposable noGrad = no_grad();
        foreach ((int images, int size) in new[] { (1, 64), (3, 96), (2, 70) })
            Assert.Equal(imported.Graph.Shapes(size, images)[imported.Graph.Output], network.call(zeros(images, 3, size, size)).shape);
    }

    [Fact]
    public void Backbone_of_a_map_of_classes_ends_before_its_last_convolution()
    {
        using ImportedBackbone imported = OnnxBackbones.Read(Path("squeezenet.onnx"), new());
        Assert.Equal("/features/features.12/Concat_output_0", imported.Graph.Output);
        Assert.Equal([1, 512, 3, 3], imported.Graph.Shapes(64)[imported.Graph.Output]);
    }

    internal static string Path(string file) => Shared.Path("golden", "onnx", file);

    /// <summary>The map before pooling; the class map must be requested explicitly.</summary>
    private static ImportedBackbone Read(string file)
        => OnnxBackbones.Read(Path(file), new(file == "squeezenet.onnx" ? "/classifier/classifier.2/Relu_output_0" : null));

    private static JsonElement Golden(string file)
        => JsonDocument.Parse(File.ReadAllBytes(Path("expected.json"))).RootElement.GetProperty("models").EnumerateArray()
            .First(m => m.GetProperty("file").GetString() == file);

    private static void AssertGolden(JsonElement golden, Tensor features, double relative)
    {
        Assert.Equal(golden.GetProperty("features_shape").Deserialize<long[]>()!, features.shape);
        float[] values = features.Floats();
        double deviation = golden.GetProperty("features_std").GetDouble();
        Assert.Equal(golden.GetProperty("features_mean").GetDouble(), values.Average(v => (double)v), relative * deviation);
        Arrays.AssertClose(
            golden.GetProperty("features_value").Deserialize<float[]>()!,
            [.. golden.GetProperty("features_index").Deserialize<int[]>()!.Select(i => values[i])], relative * deviation);
    }
}
