using System.Diagnostics;

namespace ProtoPNet.MLNet.Training;

/// <summary>Reports the work before the first phase: when a part begins, and about once a second.</summary>
/// <param name="tell">Receives the reports.</param>
/// <param name="phases">Phases in the schedule.</param>
internal sealed class Preparations(Action<TrainingProgress> tell, int phases)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    /// <summary>Reports that a part begins; the caller passes the fraction done, from 0 to 1, to the result.</summary>
    public Action<double> Begin(string what)
    {
        TimeSpan told = _clock.Elapsed;
        Tell(0);
        return done =>
        {
            if (_clock.Elapsed - told < Interval) return;
            told = _clock.Elapsed;
            Tell(done);
        };

        void Tell(double done) => tell(new()
        {
            Phase = 0,
            Phases = phases,
            PhaseName = "preparation",
            PhaseFraction = 0,
            Elapsed = _clock.Elapsed,
            Preparing = what,
            PreparedFraction = done,
        });
    }
}
