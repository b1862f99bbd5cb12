using System.Diagnostics;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>
/// Alternates two implementations in one process, so that other load on the machine affects both. Ratios are medians over
/// rounds, in wall-clock time and, for busy machines, in processor time of this process; the first round, which compiles and
/// warms up, does not count.
/// </summary>
internal readonly record struct Alternating(double OurSeconds, double BaselineSeconds, double TimeRatio, double ProcessorRatio, double[] TimeRatios)
{
    public static Alternating Measure(int rounds, Action ours, Action baseline)
    {
        var times = new List<(Times Ours, Times Baseline)>();
        for (int round = 0; round <= rounds; round++)
        {
            // The order alternates too.
            Times first = Times.Of(round % 2 == 0 ? ours : baseline), second = Times.Of(round % 2 == 0 ? baseline : ours);
            (Times our, Times their) = round % 2 == 0 ? (first, second) : (second, first);
            Console.WriteLine($"round {round}: ours {our}, baseline {their}{(round == 0 ? " (not counted)" : "")}");
            if (round > 0) times.Add((our, their));
        }
        return new(
            Median(times.Select(t => t.Ours.Clock)), Median(times.Select(t => t.Baseline.Clock)),
            Median(times.Select(t => t.Ours.Clock / t.Baseline.Clock)), Median(times.Select(t => t.Ours.Processor / t.Baseline.Processor)),
            [.. times.Select(t => Math.Round(t.Ours.Clock / t.Baseline.Clock, 3))]);
    }

    public static double Seconds(Action action) => Times.Of(action).Clock;

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>Wall-clock seconds, and processor seconds over all cores.</summary>
    private readonly record struct Times(double Clock, double Processor)
    {
        public static Times Of(Action action)
        {
            TimeSpan processor = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            action();
            return new(Stopwatch.GetElapsedTime(start).TotalSeconds, (Environment.CpuUsage.TotalTime - processor).TotalSeconds);
        }

        public override string ToString() => $"{Clock:F3} s ({Processor:F3} s of processors)";
    }
}
