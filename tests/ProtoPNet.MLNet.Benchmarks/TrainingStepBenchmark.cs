using ProtoPNet.MLNet.Import;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>
/// A training step (forward, backward, Adam) of ML.NET's ResNet-18 as it is read from its ONNX file against the same network written by hand with
/// TorchSharp's layers, in images per second: <c>training-step --batch 30 --size 224 --norms frozen --steps 2 --rounds 6</c>.
/// </summary>
internal static class TrainingStepBenchmark
{
    public static object Run(Arguments arguments)
    {
        int batch = arguments.Int("batch", 30), size = arguments.Int("size", 224), steps = arguments.Int("steps", 2);
        bool follow = arguments.Text("norms", "frozen") == "follow";
        set_num_threads(arguments.Int("threads", get_num_threads()));
        using ImportedBackbone imported = OnnxBackbones.Read(DnnResNet18File.Path, new());
        using BackboneNetwork read = imported.Network();
        using var written = new HandWrittenResNet18();
        Copy(read, written);
        using Tensor images = randn([batch, 3, size, size], generator: new Generator(1));
        double difference = Difference(read, written, images);
        foreach (nn.Module network in (nn.Module[])[read, written]) network.train(follow);
        using var ours = new Adam(read.parameters());
        using var theirs = new Adam(written.parameters());
        Alternating times = Alternating.Measure(arguments.Int("rounds", 6), () => Step(read, ours), () => Step(written, theirs));
        return new
        {
            ours = Math.Round(steps * batch / times.OurSeconds, 2),
            baseline = Math.Round(steps * batch / times.BaselineSeconds, 2),
            ratio = Math.Round(1 / times.TimeRatio, 3),
            processorRatio = Math.Round(1 / times.ProcessorRatio, 3),
            relativeDifference = difference,
            threads = get_num_threads(),
            timeRatios = times.TimeRatios,
        };

        void Step(nn.Module<Tensor, Tensor> network, Adam adam)
        {
            for (int i = 0; i < steps; i++)
            {
                using DisposeScope scope = NewDisposeScope();
                adam.With((1e-6, 1e-3)).ZeroGradients();
                network.call(images).square().mean().backward();
                adam.Step();
            }
        }
    }

    /// <summary>Copies weights in the order of the layers, which is the same.</summary>
    private static void Copy(BackboneNetwork from, HandWrittenResNet18 to)
    {
        using IDisposable noGrad = no_grad();
        Tensor[] given = [.. StateDict.Of(from).Select(t => t.Tensor)];
        Tensor[] wanted = [.. StateDict.Of(to).Where(t => !t.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal)).Select(t => t.Tensor)];
        foreach ((Tensor source, Tensor target) in given.Zip(wanted, (a, b) => (a, b))) target.copy_(source);
        if (given.Length != wanted.Length) throw new InvalidOperationException($"{given.Length} tensors were read, {wanted.Length} written.");
    }

    /// <summary>The largest difference of their features, relative to the largest feature.</summary>
    private static double Difference(BackboneNetwork read, HandWrittenResNet18 written, Tensor images)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        read.eval();
        written.eval();
        Tensor ours = read.call(images), theirs = written.call(images);
        return (ours - theirs).abs().max().item<float>() / theirs.abs().max().item<float>();
    }
}
