using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>
/// Warm-up, projection, anchored tuning and projection on many small pictures of noise, against the same on fewer: peak memory, and processor time
/// per picture. <c>many-classes --images 20000 --fewer 5000 --classes 1000 --per-class 2 --memory 16</c>; pixels and features beyond so many MB of
/// memory each are in files. The smaller run comes first, so that the peak of the process is that of the larger one.
/// </summary>
internal static class ManyClassesBenchmark
{
    private const int Side = 32;

    public static object Run(Arguments arguments)
    {
        set_num_threads(arguments.Int("threads", get_num_threads()));
        (int images, int fewer) = (arguments.Int("images", 20_000), arguments.Int("fewer", 5000));
        (Time small, double smallPeak) = Train(arguments, fewer);
        Console.WriteLine($"{fewer} pictures: {small}, peak {smallPeak} MB");
        (Time large, double largePeak) = Train(arguments, images);
        Console.WriteLine($"{images} pictures: {large}, peak {largePeak} MB");
        return new
        {
            ours = Math.Round(1000 * large.ProcessorSeconds / images, 3),
            baseline = Math.Round(1000 * small.ProcessorSeconds / fewer, 3),
            ratio = Math.Round(large.ProcessorSeconds / images / (small.ProcessorSeconds / fewer), 3),
            unit = "ms of processors per picture",
            clockRatio = Math.Round(large.Seconds / images / (small.Seconds / fewer), 3),
            peakMemoryMB = largePeak,
            peakMemoryOfFewerMB = smallPeak,
            images,
            classes = arguments.Int("classes", 1000),
        };
    }

    private static (Time Time, double PeakMB) Train(Arguments arguments, int count)
    {
        int classes = arguments.Int("classes", 1000);
        long memory = arguments.Int("memory", 16) * (1L << 20);
        NetworkArchitecture architecture = new()
        {
            Backbone = Backbone.ResNet18,
            Stages = 2,
            ImageSize = Side,
            PrototypeDepth = 64,
            Classes = classes,
            PrototypeClasses = NetworkArchitecture.EqualPrototypeClasses(classes, arguments.Int("per-class", 2)),
        };
        TrainingSchedule schedule = new()
        {
            Phases =
            [
                new WarmUp(2) { Views = 2, BatchSize = 90 }, new Projection(), new AnchoredTuning(2) { Views = 2, BatchSize = 90 }, new Projection(),
            ],
        };
        using TrainingImages images = Pictures(count, classes, memory);
        TrainingContext context = new(schedule, images, 1, CPU) { Features = new(memory, 1L << 34, Path.GetTempPath()) };
        using TrainingState state = new(new ProtoPNetNetwork(architecture, new DeterministicRandom(1)));
        using TrainingLoop loop = new(context, state);
        Time time = Time.Of(() => loop.Run(report => Console.WriteLine($"{report.Phase.Name}: {report.Seconds:F1} s, {Memory.NowMB()} MB")));
        return (time, Memory.PeakMB());
    }

    private static TrainingImages Pictures(int count, int classes, long memory)
    {
        var random = new DeterministicRandom(1);
        var pixels = new PixelStore(memory, Path.GetTempPath());
        for (int i = 0; i < count; i++)
        {
            byte[] picture = new byte[3 * Side * Side];
            for (int p = 0; p < picture.Length; p++) picture[p] = (byte)random.NextInt(256);
            pixels.Add(new(Side, Side, picture));
        }
        TrainingImage[] labelled = [.. Enumerable.Range(0, count).Select(i => new TrainingImage(i, $"{i}", i % classes))];
        return new(labelled, pixels, [.. Enumerable.Range(0, classes).Select(k => $"class {k}")], new HashSet<int>());
    }
}
