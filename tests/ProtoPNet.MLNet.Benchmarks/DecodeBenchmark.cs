using ProtoPNet.MLNet.Images;
using TorchSharp;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>
/// JPEG to network input: decoded, resized and augmented in one resample, on one and two threads, compared with the images per second that the
/// bare backbone's training step takes: <c>decode --images 200 --size 224</c>; <c>--data FOLDER</c> reads real JPEGs.
/// </summary>
internal static class DecodeBenchmark
{
    private const double LeastSeconds = 4;

    public static object Run(Arguments arguments)
    {
        int size = arguments.Int("size", 224);
        IReadOnlyList<byte[]> files = PhotographFiles.Of(arguments, arguments.Int("images", 200));
        double one = PerSecond(files, size, 1), two = PerSecond(files, size, 2);
        Console.WriteLine($"{one:F0} images/s on one thread, {two:F0} on two");

        const int Steps = 3;
        int batch = arguments.Int("batch", 30);
        using var training = new MadeTraining(arguments, 10);
        using var bare = new BareBackbone(training.State.Network.Architecture, batch);
        bare.Step();
        double step = Steps * batch / Alternating.Seconds(() =>
        {
            for (int i = 0; i < Steps; i++) bare.Step();
        });
        return new
        {
            ours = Math.Round(two, 1),
            baseline = Math.Round(step, 1),
            ratio = Math.Round(two / step, 2),
            oneThread = Math.Round(one, 1),
            twoThreads = Math.Round(two, 1),
            threadsRatio = Math.Round(two / one, 2),
            stepThreads = torch.get_num_threads(),
        };
    }

    private static double PerSecond(IReadOnlyList<byte[]> files, int size, int threads)
    {
        Work(TimeSpan.FromSeconds(LeastSeconds / 4)); // compiles
        (long images, double seconds) = Work(TimeSpan.FromSeconds(LeastSeconds));
        return images / seconds;

        (long Images, double Seconds) Work(TimeSpan span)
        {
            long done = 0;
            double seconds = Alternating.Seconds(() =>
            {
                long end = Environment.TickCount64 + (long)span.TotalMilliseconds;
                Thread[] workers = [.. Enumerable.Range(0, threads).Select(worker => new Thread(() =>
                {
                    float[] input = new float[3 * size * size];
                    for (int i = worker; Environment.TickCount64 < end; i++)
                    {
                        RgbImage photograph = ImageCodec.Decode(files[i % files.Count]);
                        View view = Augmentation.Default.Sample(ViewSeed.Of(1, 0, i, 0), (double)photograph.Width / photograph.Height);
                        ViewRenderer.Render(photograph, view, size, InputNormalisation.ImageNet, input);
                        Interlocked.Increment(ref done);
                    }
                }))];
                foreach (Thread worker in workers) worker.Start();
                foreach (Thread worker in workers) worker.Join();
            });
            return (done, seconds);
        }
    }
}
