using System.Diagnostics;

namespace ProtoPNet.MLNet.Training;

/// <summary>The time a run or a phase has taken, including the time before an interruption.</summary>
internal sealed class RunClock(TimeSpan before)
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    public TimeSpan Elapsed => before + _watch.Elapsed;
}
