using ProtoPNet.MLNet.Training;

namespace ProtoPNet.Cli;

/// <summary>Training as plain lines: one for each phase's beginning, one for each epoch, and within long epochs one a minute.</summary>
internal sealed class PlainProgress(TextWriter output)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private TimeSpan _told;

    public void Show(TrainingProgress progress)
    {
        bool begins = progress.Epoch == 0, ends = progress.Metrics is not null;
        if (!begins && !ends && progress.Elapsed - _told < Interval) return;
        _told = progress.Elapsed;
        string epoch = begins ? "" : $" epoch {progress.Epoch}/{progress.Epochs}{(ends ? "" : $", {progress.PhaseFraction:P0} of the phase")}";
        output.WriteLine($"[{progress.Elapsed:hh\\:mm\\:ss}] {progress.Phase}/{progress.Phases} {progress.PhaseName}{epoch}"
            + $"{Figures(progress, progress.Metrics, ", ")}");
    }

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
        if (progress.PhaseLeft > TimeSpan.FromSeconds(1)) figures.Add($"{progress.PhaseLeft:hh\\:mm\\:ss} left in this phase");
        return string.Concat(figures.Select(f => separator + f));
    }
}
