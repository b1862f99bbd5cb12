using System.Diagnostics;

namespace ProtoPNet.MLNet.Training;

/// <summary>Turns the counting of one phase into <see cref="TrainingProgress"/>.</summary>
internal sealed class PhaseProgress(Action<TrainingProgress> report, int phase, int phases, string name, Stopwatch run)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<EpochMetrics> _epochs = [];
    private TimeSpan _told;

    /// <summary>The figures of the epochs so far.</summary>
    public IReadOnlyList<EpochMetrics> Epochs => _epochs;

    /// <summary>The figures of the last epoch; null before its end.</summary>
    public EpochMetrics? Last => _epochs.Count > 0 ? _epochs[^1] : null;

    public TimeSpan Elapsed => _clock.Elapsed;

    private (long Images, TimeSpan Time) Learned { get; set; }

    /// <summary>Views per second of learning.</summary>
    public double ImagesPerSecond => Rate(Learned.Images, Learned.Time);

    public void Started() => report(At(0, 0, 0));

    public void Advanced(int epoch, int epochs, int done, int count)
    {
        Learned = ((long)epoch * count + done, _clock.Elapsed);
        if (_clock.Elapsed - _told < Interval) return;
        _told = _clock.Elapsed;
        report(At(epoch + 1, epochs, (epoch + (double)done / count) / epochs));
    }

    public void EpochEnded(int epoch, int epochs, EpochMetrics metrics)
    {
        _epochs.Add(metrics);
        report(At(epoch + 1, epochs, (epoch + 1.0) / epochs) with { Metrics = metrics });
    }

    /// <summary>The batches of one pass, counted as they go by.</summary>
    public IEnumerable<TrainingBatch> Count(RenderedBatches source, TrainingSettings settings)
    {
        int done = 0;
        foreach (TrainingBatch batch in source.InOrder(0, settings.Cancellation))
        {
            settings.CheckAlive();
            yield return batch;
            done += batch.Images.Length;
            Advanced(0, 1, done, source.Count);
        }
    }

    private TrainingProgress At(int epoch, int epochs, double fraction) => new()
    {
        Phase = phase,
        Phases = phases,
        PhaseName = name,
        Epoch = epoch,
        Epochs = epochs,
        PhaseFraction = fraction,
        ImagesPerSecond = ImagesPerSecond,
        Elapsed = run.Elapsed,
        PhaseLeft = fraction > 0 ? _clock.Elapsed * ((1 - fraction) / fraction) : TimeSpan.Zero,
    };

    private static double Rate(long images, TimeSpan time) => time > TimeSpan.Zero ? images / time.TotalSeconds : 0;
}
