using ProtoPNet.MLNet.Training;
using Spectre.Console;

namespace ProtoPNet.Cli;

/// <summary>Shows training as it goes: bars in a terminal, plain lines where the output is none.</summary>
internal static class TrainingDisplay
{
    /// <summary>Runs <paramref name="train"/>, which tells its progress to what it is given.</summary>
    public static T Show<T>(TrainingSchedule schedule, Func<Action<TrainingProgress>, T> train) => AnsiConsole.Profile.Capabilities.Interactive
        ? AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
            .Start(context =>
            {
                Bar[] bars = [.. schedule.Phases.Select(p => new Bar(context.AddTask(p.Name, autoStart: false)))];
                T result = train(progress =>
                {
                    foreach (Bar before in bars.Take(progress.Phase - 1)) before.Finish();
                    bars[progress.Phase - 1].Show(progress);
                });
                foreach (Bar bar in bars) bar.Finish();
                return result;
            })
        : train(new PlainProgress(Console.Out).Show);

    /// <summary>The bar of a phase, with the figures of its last epoch.</summary>
    private sealed class Bar(ProgressTask task)
    {
        private EpochMetrics? _last;

        public void Show(TrainingProgress progress)
        {
            if (!task.IsStarted) task.StartTask();
            task.Value = 100 * progress.PhaseFraction;
            _last = progress.Metrics ?? _last;
            if (progress.Epoch == 0) return;
            string epoch = progress.Epochs > 1 ? $" {progress.Epoch}/{progress.Epochs}" : "";
            task.Description = $"{progress.PhaseName}{epoch}{PlainProgress.Figures(progress, _last, " · ")}".EscapeMarkup();
        }

        public void Finish()
        {
            if (task.IsFinished) return;
            if (!task.IsStarted) task.StartTask();
            task.Value = 100;
            task.StopTask();
        }
    }
}
