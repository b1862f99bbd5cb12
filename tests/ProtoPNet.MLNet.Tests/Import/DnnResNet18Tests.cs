using System.Reflection;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Import;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Tests.Network;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Import;

/// <summary>ML.NET's own ResNet-18, from its package, compared with ONNX Runtime.</summary>
public sealed class DnnResNet18Tests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(224)]
    [InlineData(320)]
    public void Features_are_ONNX_Runtimes(int size)
    {
        using ImportedBackbone imported = Read();
        Assert.Equal("ReLU393_Output_0", imported.Graph.Output);
        Assert.Equal(["ReLU283_Output_0", "ReLU315_Output_0", "ReLU347_Output_0", "ReLU393_Output_0"], imported.Graph.Stages);
        using BackboneNetwork network = imported.Network();
        using var copy = new InferenceFeatures(network, CPU);
        Tensor pixels = OnnxRuns.Pixels(7, 1, size);
        // The package uses BGR from 0 to 255; here RGB in [0, 1], normalised.
        Tensor bgr = pixels.flip(1) * 255 - tensor(new[] { 103.06f, 115.90f, 123.15f }).view(1, 3, 1, 1);
        InputNormalisation n = imported.Graph.Normalisation;
        Tensor normalised = (pixels - tensor(n.Mean.ToArray()).view(1, 3, 1, 1)) / tensor(n.Deviation.ToArray()).view(1, 3, 1, 1);
        using IDisposable noGrad = no_grad();
        float[] expected = OnnxRuntime(bgr, size), ours = network.call(normalised).Floats(), folded = copy.Of(normalised).Floats();
        double scale = expected.Max(Math.Abs);
        Arrays.AssertClose(expected, ours, 1e-4 * scale);
        Arrays.AssertClose(expected, folded, 1e-4 * scale);
    }

    [Fact]
    public void The_mean_image_is_hardly_more_than_its_means()
    {
        using var file = new MLNet.Weights.Onnx.OnnxModelFile(Model("ResNetPrepOnnx", "ResNetPreprocess.onnx"));
        Tensor mean = file.Model.Initialisers["MeanImage"].Load();
        Arrays.AssertClose([103.06f, 115.90f, 123.15f], mean.mean([0, 2, 3]).Floats(), 0.01);
        Tensor away = (mean - mean.mean([0, 2, 3], true)).abs();
        Assert.InRange(away.max().item<float>(), 12, 13); // of 255
        Assert.InRange(away.mean().item<float>(), 3, 5);
    }

    internal static string Model(params string[] parts) => Path.Combine([
        typeof(DnnResNet18Tests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "DnnImageModels").Value!, .. parts]);

    internal static ImportedBackbone Read() => OnnxBackbones.Read(Model("ResNet18Onnx", "ResNet18.onnx"), new()
    {
        Normalisation = InputNormalisation.MinusMean(123.15, 115.90, 103.06),
        Channels = ChannelOrder.Bgr,
    });

    /// <summary>The map before pooling, output by a copy of the file whose input is relaxed to the size.</summary>
    private float[] OnnxRuntime(Tensor images, int size)
    {
        string path = _folder.In("map.onnx");
        File.WriteAllBytes(path, OnnxEdits.WithOutput(File.ReadAllBytes(Model("ResNet18Onnx", "ResNet18.onnx")), "ReLU393_Output_0", size));
        return OnnxRuns.Run(path, images, "ReLU393_Output_0");
    }
}
