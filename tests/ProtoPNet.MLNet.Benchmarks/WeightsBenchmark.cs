using System.Globalization;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Tests.Weights;
using ProtoPNet.MLNet.Weights;
using TorchSharp;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>
/// Generated PyTorch state dicts as large as torchvision's: ResNet-18 (45 MB) into its backbone, against a plain read of the file's bytes, in
/// turn; VGG-19 with its classifier (575 MB) with every tensor held at once, and into its backbone, with the memory that it takes: <c>weights</c>;
/// <c>--large 0</c> skips the second, <c>--rounds 9</c>.
/// </summary>
internal static class WeightsBenchmark
{
    private const double Megabyte = 1e6;

    public static object Run(Arguments arguments)
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.pth");
        try
        {
            using BackboneNetwork small = new(Backbone.ResNet18.Graph);
            Write(path, small, [("fc.weight", [1000, 512]), ("fc.bias", [1000])]);
            double size = new FileInfo(path).Length / Megabyte;
            Alternating read = Alternating.Measure(arguments.Int("rounds", 9), () => Load(path, small), () => File.ReadAllBytes(path));
            return new
            {
                resNet18 = new
                {
                    megabytes = Math.Round(size, 1),
                    seconds = Math.Round(read.OurSeconds, 4),
                    plainReadSeconds = Math.Round(read.BaselineSeconds, 4),
                    ratio = Math.Round(read.TimeRatio, 2),
                    processorRatio = Math.Round(read.ProcessorRatio, 2),
                },
                vgg19 = arguments.Int("large", 1) != 0 ? Large(path) : null,
            };
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static object Large(string path)
    {
        using BackboneNetwork backbone = new(Backbone.Vgg19.Graph);
        Write(path, backbone, [("classifier.0.weight", [4096, 25088]), ("classifier.0.bias", [4096]), ("classifier.3.weight", [4096, 4096]),
            ("classifier.3.bias", [4096]), ("classifier.6.weight", [1000, 4096]), ("classifier.6.bias", [1000])]);
        double size = new FileInfo(path).Length / Megabyte;
        (double held, double heldSeconds) = Peak(() =>
        {
            using TensorFile file = TensorFiles.Open(path);
            torch.Tensor[] all = [.. file.Tensors.Select(t => file.Load(t.Name))];
            foreach (torch.Tensor tensor in all) tensor.Dispose();
        });
        (double loaded, double loadSeconds) = Peak(() => Load(path, backbone));
        return new
        {
            megabytes = Math.Round(size, 1),
            allTensorsPeakMB = Math.Round(held),
            allTensorsRatio = Math.Round(held / size, 3),
            allTensorsSeconds = Math.Round(heldSeconds, 3),
            intoBackbonePeakMB = Math.Round(loaded),
            intoBackboneRatio = Math.Round(loaded / size, 3),
            intoBackboneSeconds = Math.Round(loadSeconds, 3),
        };
    }

    private static void Load(string path, BackboneNetwork backbone)
    {
        using TensorFile file = TensorFiles.Open(path);
        TorchvisionWeights.Load(backbone, file.Tensors.Select(t => t.Name), file.Load, file.Path);
    }

    private static void Write(string path, BackboneNetwork backbone, (string Name, long[] Shape)[] classifier)
        => new PickleWriter().StateDict(StateDict.Of(backbone).Select(t => (t.Name, t.Tensor.shape)).Concat(classifier)
            .Select<(string Name, long[] Shape), (string, long[], Action<Stream>?)>(t => (t.Name, t.Shape, null))).Save(path);

    /// <summary>
    /// The peak memory in MB of <paramref name="act"/> above the initial level (Linux; elsewhere the process's peak so far).
    /// </summary>
    private static (double MB, double Seconds) Peak(Action act)
    {
        GC.Collect();
        bool resets = File.Exists("/proc/self/clear_refs");
        if (resets) File.WriteAllText("/proc/self/clear_refs", "5"); // the peak counts from here
        double before = resets ? Status("VmRSS") : 0;
        double seconds = Alternating.Seconds(act);
        return ((resets ? Status("VmHWM") : Memory.PeakMB() * (1 << 20) / Megabyte) - before, seconds);
    }

    private static double Status(string line)
        => 1024 / Megabyte * long.Parse(
            File.ReadLines("/proc/self/status").First(l => l.StartsWith(line, StringComparison.Ordinal)).Split(' ')[^2],
            CultureInfo.InvariantCulture);
}
