using Microsoft.ML.OnnxRuntime;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Onnx;
using ProtoPNet.MLNet.Tests.Network;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Import;

/// <summary>Exports backbones as ONNX and runs them in ONNX Runtime.</summary>
internal static class OnnxRuns
{
    /// <summary>Exports only a backbone, from <c>image</c> to <c>features</c>.</summary>
    public static void Write(BackboneNetwork network, string path, int size)
    {
        var graph = new OnnxGraph();
        string output = OnnxBackbone.Write(graph, network, "image");
        graph.Apply("Identity", [output], "features");
        long[] shape = network.Graph.Shapes(size)[network.Graph.Output];
        OnnxFile.Write(path, graph, new("image", "N", 3, size, size), [new("features", "N", shape[1], shape[2], shape[3])],
            new Dictionary<string, string>());
    }

    /// <summary>Smooth pixels, about 0 to 1.</summary>
    public static Tensor Pixels(ulong id, int count, int side)
    {
        InputNormalisation n = InputNormalisation.ImageNet;
        return GoldenGenerator.NormalisedImages(id, count, side) * tensor(n.Deviation.ToArray()).view(1, 3, 1, 1)
            + tensor(n.Mean.ToArray()).view(1, 3, 1, 1);
    }

    /// <summary>The first output, or the one with the given name.</summary>
    public static float[] Run(string path, Tensor images, string? output = null)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using var session = new InferenceSession(path, options);
        var input = new Microsoft.ML.OnnxRuntime.Tensors.DenseTensor<float>(images.Floats(), [.. images.shape.Select(d => (int)d)]);
        using var results = session.Run(
            [NamedOnnxValue.CreateFromTensor(session.InputMetadata.Keys.First(), input)], [output ?? session.OutputMetadata.Keys.First()]);
        return [.. results[0].AsEnumerable<float>()];
    }
}
