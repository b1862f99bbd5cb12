using System.Diagnostics;

namespace ProtoPNet.MLNet.Training;

/// <summary>Time that a run or a phase has taken, with what it took before it was interrupted.</summary>
internal sealed class RunClock(TimeSpan before)
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    public TimeSpan Elapsed => before + _watch.Elapsed;
}
