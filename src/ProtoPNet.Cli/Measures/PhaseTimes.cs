using ProtoPNet.MLNet.Training;

namespace ProtoPNet.Cli.Measures;

/// <summary>Seconds and rates of a run, by kind of phase.</summary>
internal static class PhaseTimes
{
    public static TrainingMetrics.Times Of(IReadOnlyList<PhaseReport> phases, TimeSpan total)
    {
        return new(Sum(p => p is WarmUp), Sum(p => p is Joint), Sum(p => p is Projection), Sum(p => p is AnchoredTuning),
            Sum(p => p is LastLayerFit or SteppedLastLayer), Math.Round(total.TotalSeconds, 2));

        double Sum(Func<TrainingPhase, bool> which) => Math.Round(phases.Where(p => which(p.Phase)).Sum(p => p.Seconds), 2);
    }

    /// <summary>Views per second, over all joint epochs.</summary>
    public static double JointRate(IReadOnlyList<PhaseReport> phases)
    {
        PhaseReport[] joint = [.. phases.Where(p => p.Phase is Joint)];
        double seconds = joint.Sum(p => p.Seconds);
        return seconds > 0 ? joint.Sum(p => p.ImagesPerSecond * p.Seconds) / seconds : 0;
    }
}
