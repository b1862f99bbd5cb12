using ProtoPNet.MLNet.Training.Estimates;

namespace ProtoPNet.MLNet.Training;

/// <summary>Turns the counts of one phase into <see cref="TrainingProgress"/>.</summary>
/// <param name="context">The inputs of training.</param>
/// <param name="state">Its state.</param>
/// <param name="estimate">How long the run will take; null if that is unknown.</param>
internal sealed class PhaseProgress(TrainingContext context, TrainingState state, RunEstimate? estimate = null)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly RunClock _clock = state.Running!.Clock;
    private readonly List<EpochMetrics> _epochs = state.Running!.Epochs;
    private readonly int _place = state.Ended.Count;
    private TimeSpan _told, _epochBegan;
    private int _epochDone;
    private (TimeSpan Elapsed, double Fraction) _stepsBegan;

    private TrainingPhase Phase => context.Schedule.Phases[_place];

    private (long Images, TimeSpan Time) Learned { get; set; }

    /// <summary>Views per second in this phase.</summary>
    public double ImagesPerSecond => Rate(Learned.Images, Learned.Time);

    /// <summary>Views per second in this epoch's steps.</summary>
    private double EpochRate { get; set; }

    public void Started()
        => context.Progress(At(0, 0, 0) with { History = _epochs.Count > 0 ? [.. state.Ended, SoFar()] : [.. state.Ended] });

    /// <summary>
    /// Reports that an epoch begins, or resumes after <paramref name="done"/> of its views, with <paramref name="fraction"/> of the phase done. The
    /// time spent before, computing kept features, is left out of the estimate of the time left.
    /// </summary>
    public void EpochStarted(int done, double fraction)
    {
        (_epochBegan, _epochDone) = (_clock.Elapsed, done);
        if (_stepsBegan == default) _stepsBegan = (_clock.Elapsed, fraction);
    }

    /// <summary>Reports that work other than steps begins; the caller passes the fraction done, from 0 to 1, to the result.</summary>
    public Action<double> Prepares(string what)
    {
        Tell(0);
        return done =>
        {
            if (_clock.Elapsed - _told >= Interval) Tell(done);
        };

        void Tell(double done)
        {
            _told = _clock.Elapsed;
            context.Progress(At(_epochs.Count, 0, 0) with { Preparing = what, PreparedFraction = done });
        }
    }

    public void Advanced(int epoch, int epochs, int done, int count)
    {
        Learned = ((long)epoch * count + done, _clock.Elapsed);
        EpochRate = Rate(done - _epochDone, _clock.Elapsed - _epochBegan);
        if (_clock.Elapsed - _told < Interval) return;
        _told = _clock.Elapsed;
        context.Progress(At(epoch + 1, epochs, (epoch + (double)done / count) / epochs));
    }

    public void EpochEnded(int epochs, EpochMetrics metrics)
    {
        metrics = metrics with
        {
            ImagesPerSecond = EpochRate,
            Seconds = (_clock.Elapsed - TimeSpan.FromSeconds(_epochs.Sum(e => e.Seconds))).TotalSeconds,
        };
        _epochs.Add(metrics);
        context.Progress(
            At(_epochs.Count, epochs, (double)_epochs.Count / epochs) with { Metrics = metrics, History = [.. state.Ended, SoFar()] });
    }

    /// <summary>The batches of one pass, counted as they are consumed.</summary>
    public IEnumerable<TrainingBatch> Count(IBatchSource source)
    {
        int done = 0;
        foreach (TrainingBatch batch in source.InOrder(0, context.Cancellation))
        {
            context.CheckAlive();
            yield return batch;
            done += batch.Images.Length;
            Advanced(0, 1, done, source.Count);
        }
    }

    /// <summary>The report of the phase so far.</summary>
    private PhaseReport SoFar() => new(Phase, _clock.Elapsed.TotalSeconds, ImagesPerSecond, _epochs.LastOrDefault()?.ValidationAccuracy, [.. _epochs], null, null);

    /// <summary>What is told of an estimate before the next phase begins.</summary>
    public static TrainingProgress Estimated(TrainingContext context, TrainingState state, RunEstimate estimate)
    {
        TrainingEstimate toCome = estimate.ToCome(Seconds(state), state.HasBegun);
        return new()
        {
            Phase = 0,
            Phases = context.Schedule.Phases.Count,
            PhaseName = PhaseWork.Preparation,
            PhaseFraction = 0,
            Elapsed = state.Clock.Elapsed,
            Estimate = toCome,
            RunLeft = toCome.Total,
        };
    }

    private TrainingProgress At(int epoch, int epochs, double fraction)
    {
        TimeSpan left = fraction > _stepsBegan.Fraction
            ? (_clock.Elapsed - _stepsBegan.Elapsed) * ((1 - fraction) / (fraction - _stepsBegan.Fraction))
            : TimeSpan.Zero;
        return new()
        {
            Phase = _place + 1,
            Phases = context.Schedule.Phases.Count,
            PhaseName = Phase.Name,
            Epoch = epoch,
            Epochs = epochs,
            PhaseFraction = fraction,
            ImagesPerSecond = EpochRate,
            Elapsed = state.Clock.Elapsed,
            PhaseLeft = left,
            RunLeft = estimate?.Left(Seconds(state), _clock.Elapsed, left, fraction) ?? TimeSpan.Zero,
        };
    }

    private static double[] Seconds(TrainingState state) => [.. state.Ended.Select(phase => phase.Seconds)];

    private static double Rate(long images, TimeSpan time) => time > TimeSpan.Zero ? images / time.TotalSeconds : 0;
}
