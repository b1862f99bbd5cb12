using ProtoPNet.MLNet.Training;

namespace ProtoPNet.Cli;

/// <summary>
/// Training progress as plain lines: one per phase start and per epoch, one a minute within long epochs, and one every few seconds while photographs
/// are read and features computed.
/// </summary>
internal sealed class PlainProgress(TextWriter output)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1), PreparingInterval = TimeSpan.FromSeconds(5);
    private TimeSpan _told;

    public void Show(TrainingProgress progress)
    {
        if (progress.GoesOnFrom is { } checkpoint)
        {
            output.WriteLine(GoesOn(checkpoint));
            return;
        }
        if (progress.Estimate is { } estimate)
        {
            foreach (string line in Estimated(estimate)) output.WriteLine(line);
            return;
        }
        bool begins = progress.Epoch == 0 || progress is { Preparing: not null, PreparedFraction: 0 }, ends = progress.Metrics is not null;
        TimeSpan interval = progress.Preparing is null ? Interval : PreparingInterval;
        bool isDue = progress.Elapsed < _told || progress.Elapsed - _told >= interval; // the clock restarts with the first phase
        if (progress.Preparing is null ? !begins && !ends && !isDue : progress.PreparedFraction > 0 && !isDue) return;
        _told = progress.Elapsed;
        output.WriteLine($"[{ClockText.Of(progress.Elapsed)}] {Text(progress)}");
    }

    public static string GoesOn(TrainingCheckpoint checkpoint) => checkpoint.IsFinished
        ? $"The run checkpointed at {checkpoint.Written:u} is finished: writing its model."
        : $"Resuming from the checkpoint of {checkpoint.Written:u}: {checkpoint.Place}.";

    /// <summary>An estimate before training, a line for each phase and one for all.</summary>
    public static IEnumerable<string> Estimated(TrainingEstimate estimate)
        => estimate.Phases.Select(phase => $"  {phase.Name}: about {About(phase.Time)}{(phase.IsWhole ? "" : ", and solving it")}")
            .Prepend("Estimated from a few views:")
            .Append($"  in all about {About(estimate.Total)} of training{(estimate.IsWhole ? "" : ", without solving the last layer")}; "
                + "corrected as it goes on");

    /// <summary>A time to two digits, which is more than an estimate deserves.</summary>
    private static string About(TimeSpan time) => time switch
    {
        { TotalSeconds: < 1 } => "1 s",
        { TotalSeconds: < 99.5 } => $"{time.TotalSeconds:F0} s",
        { TotalMinutes: < 9.95 } => $"{time.TotalMinutes:F1} min",
        { TotalMinutes: < 99.5 } => $"{time.TotalMinutes:F0} min",
        _ => $"{time.TotalHours:F1} h",
    };

    /// <summary>Work other than training steps, with its progress; empty if there is none.</summary>
    public static string Preparing(TrainingProgress progress, string separator)
        => progress.Preparing is not { } what ? ""
            : $"{separator}{what}{(progress.PreparedFraction > 0 ? $" {progress.PreparedFraction:P0}" : "")}";

    /// <summary>Losses, accuracies, speed and time left, each after the separator.</summary>
    public static string Figures(TrainingProgress progress, EpochMetrics? metrics, string separator)
    {
        var figures = new List<string>();
        if (metrics is { } m)
        {
            figures.Add($"loss {m.Loss:F4} (cross entropy {m.CrossEntropy:F3}, cluster {m.Cluster:F3}, separation {m.Separation:F3})");
            figures.Add($"accuracy {m.Accuracy:P1}");
            if (m.ValidationAccuracy is { } validation)
                figures.Add($"validation {validation:P1}{(m.ValidationLoss is { } loss ? $" (loss {loss:F4})" : "")}");
            if (m.ProjectedAccuracy is { } projected) figures.Add($"projected {projected:P1}");
        }
        if (progress.ImagesPerSecond > 0) figures.Add($"{progress.ImagesPerSecond:F0} images/s");
        if (progress.PhaseLeft > TimeSpan.FromSeconds(1)) figures.Add($"{ClockText.Of(progress.PhaseLeft)} left in this phase");
        if (progress.RunLeft > TimeSpan.FromSeconds(1)) figures.Add($"about {About(progress.RunLeft)} left in all");
        return string.Concat(figures.Select(f => separator + f));
    }

    private static string Text(TrainingProgress progress)
    {
        string phase = progress.Phase == 0 ? progress.PhaseName : $"{progress.Phase}/{progress.Phases} {progress.PhaseName}";
        if (progress.Preparing is not null) return phase + Preparing(progress, ", ");
        string epoch = progress.Epoch == 0 ? ""
            : $" epoch {progress.Epoch}/{progress.Epochs}{(progress.Metrics is null ? $", {progress.PhaseFraction:P0} of the phase" : "")}";
        return $"{phase}{epoch}{Figures(progress, progress.Metrics, ", ")}";
    }
}
