using ProtoPNet.MLNet.Reports;
using ProtoPNet.MLNet.Training;

namespace ProtoPNet.MLNet;

/// <summary>Running training as files to watch.</summary>
public static class ProtoPNetWatching
{
    /// <summary>The metrics of all epochs as CSV with a header, one line per epoch.</summary>
    /// <param name="phases">The phases of a report, or of <see cref="TrainingProgress.History"/>.</param>
    public static string ToCsv(this IReadOnlyList<PhaseReport> phases)
    {
        ArgumentNullException.ThrowIfNull(phases);
        return MetricsCsv.Render(phases);
    }

    /// <summary>Training so far as a self-contained HTML page that a browser reloads every ten seconds.</summary>
    /// <param name="progress">A progress report with a <see cref="TrainingProgress.History"/>.</param>
    /// <param name="name">The model's name.</param>
    public static string Html(this TrainingProgress progress, string name)
    {
        ArgumentNullException.ThrowIfNull(progress);
        string epoch = progress.Epoch == 0 ? "" : $", epoch {progress.Epoch} of {progress.Epochs} done";
        string left = progress.PhaseLeft > TimeSpan.FromSeconds(1)
            ? $", about {Figures.Duration(progress.PhaseLeft.TotalSeconds)} left in this phase"
            : "";
        if (progress.RunLeft > TimeSpan.FromSeconds(1)) left += $", about {Figures.Duration(progress.RunLeft.TotalSeconds)} left in all";
        return TrainingPage.Render(name,
            $"Still training: phase {progress.Phase} of {progress.Phases}, {progress.PhaseName}{epoch}; "
            + $"{Figures.Duration(progress.Elapsed.TotalSeconds)} so far{left}.",
            progress.History, TrainingPage.ReadAnew);
    }
}
