using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using ProtoPNet.MLNet.Import;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>
/// Features of an ONNX backbone by our copy for inference (norms folded, channels last) against ONNX Runtime on the same file, in images per second:
/// <c>features --file network.onnx --size 224 --images 16 --batch 1</c>. Without a file: ML.NET's ResNet-18, which takes one image at a time.
/// </summary>
internal static class FeaturesBenchmark
{
    public static object Run(Arguments arguments)
    {
        string file = arguments.Text("file", DnnResNet18File.Path);
        int size = arguments.Int("size", 224), images = arguments.Int("images", 16), batch = arguments.Int("batch", 1);
        set_num_threads(arguments.Int("threads", get_num_threads()));
        using ImportedBackbone imported = OnnxBackbones.Read(file, new());
        using BackboneNetwork network = imported.Network();
        using var copy = new InferenceFeatures(network, CPU);
        using torch.Tensor pixels = randn([batch, 3, size, size], generator: new Generator(1));
        using var options = new SessionOptions { IntraOpNumThreads = get_num_threads(), LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using var session = new InferenceSession(file, options);
        var same = new DenseTensor<float>(pixels.data<float>().ToArray(), [batch, 3, size, size]);
        NamedOnnxValue[] input = [NamedOnnxValue.CreateFromTensor(session.InputMetadata.Keys.First(), same)];
        int steps = Math.Max(images / batch, 1);
        Alternating times = Alternating.Measure(arguments.Int("rounds", 6),
            () =>
            {
                for (int i = 0; i < steps; i++) copy.Of(pixels).Dispose();
            },
            () =>
            {
                for (int i = 0; i < steps; i++) session.Run(input).Dispose();
            });
        return new
        {
            ours = Math.Round(steps * batch / times.OurSeconds, 2),
            baseline = Math.Round(steps * batch / times.BaselineSeconds, 2),
            ratio = Math.Round(1 / times.TimeRatio, 3),
            processorRatio = Math.Round(1 / times.ProcessorRatio, 3),
            threads = get_num_threads(),
            timeRatios = times.TimeRatios,
        };
    }
}
