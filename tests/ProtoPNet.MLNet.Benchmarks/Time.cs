using System.Diagnostics;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>Wall-clock and processor time; the latter is more informative on a busy machine.</summary>
internal readonly record struct Time(double Seconds, double ProcessorSeconds)
{
    public static Time Most { get; } = new(double.PositiveInfinity, double.PositiveInfinity);

    public static Time Of(Action act)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        act();
        return new(
            Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 4), Math.Round((Environment.CpuUsage.TotalTime - before).TotalSeconds, 4));
    }

    /// <summary>The elementwise minimum.</summary>
    public Time OrLess(Time other) => new(Math.Min(Seconds, other.Seconds), Math.Min(ProcessorSeconds, other.ProcessorSeconds));

    public override string ToString() => $"{Seconds:F3} s (processor {ProcessorSeconds:F3} s)";
}
