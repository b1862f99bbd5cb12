using ProtoPNet.MLNet.Reports;
using ProtoPNet.MLNet.Training;

namespace ProtoPNet.MLNet;

/// <summary>Training while it goes on, as files to look at.</summary>
public static class ProtoPNetWatching
{
    /// <summary>The figures of all epochs as comma-separated values with a heading: a line for each epoch.</summary>
    /// <param name="phases">The phases of a report, or of <see cref="TrainingProgress.History"/>.</param>
    public static string ToCsv(this IReadOnlyList<PhaseReport> phases)
    {
        ArgumentNullException.ThrowIfNull(phases);
        return MetricsCsv.Render(phases);
    }

    /// <summary>A page of training so far: self-contained HTML that a browser reads anew every ten seconds.</summary>
    /// <param name="progress">A moment that tells of all phases: see <see cref="TrainingProgress.History"/>.</param>
    /// <param name="name">The model's name.</param>
    public static string Html(this TrainingProgress progress, string name)
    {
        ArgumentNullException.ThrowIfNull(progress);
        string epoch = progress.Epoch == 0 ? "" : $", epoch {progress.Epoch} of {progress.Epochs} done";
        string left = progress.PhaseLeft > TimeSpan.FromSeconds(1)
            ? $", about {Figures.Duration(progress.PhaseLeft.TotalSeconds)} left in this phase"
            : "";
        return TrainingPage.Render(name,
            $"Still training: phase {progress.Phase} of {progress.Phases}, {progress.PhaseName}{epoch}; "
            + $"{Figures.Duration(progress.Elapsed.TotalSeconds)} so far{left}.",
            progress.History, TrainingPage.ReadAnew);
    }
}
