using ProtoPNet.MLNet.Training;
using Spectre.Console;

namespace ProtoPNet.Cli;

/// <summary>Shows training progress: bars in a terminal, plain lines otherwise.</summary>
internal static class TrainingDisplay
{
    /// <summary>Runs <paramref name="train"/>, which reports to the progress it receives.</summary>
    public static T Show<T>(TrainingSchedule schedule, Func<Action<TrainingProgress>, T> train) => AnsiConsole.Profile.Capabilities.Interactive
        ? AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
            .Start(context =>
            {
                // The first bar covers the work before the first phase.
                Bar[] bars = [.. schedule.Phases.Select(p => p.Name).Prepend("preparation")
                    .Select(name => new Bar(context.AddTask(name, autoStart: false)))];
                T result = train(progress =>
                {
                    if (progress.GoesOnFrom is { } checkpoint) AnsiConsole.WriteLine(PlainProgress.GoesOn(checkpoint));
                    foreach (string line in progress.Estimate is { } estimate ? PlainProgress.Estimated(estimate) : []) AnsiConsole.WriteLine(line);
                    foreach (Bar before in bars.Take(progress.Phase)) before.Finish();
                    bars[progress.Phase].Show(progress);
                });
                foreach (Bar bar in bars) bar.Finish();
                return result;
            })
        : train(new PlainProgress(Console.Out).Show);

    /// <summary>The bar of a phase, with the metrics of its last epoch.</summary>
    private sealed class Bar(ProgressTask task)
    {
        private readonly string _name = task.Description;
        private EpochMetrics? _last;

        public void Show(TrainingProgress progress)
        {
            if (!task.IsStarted) task.StartTask();
            task.Value = 100 * (progress.Phase == 0 ? progress.PreparedFraction : progress.PhaseFraction);
            _last = progress.Metrics ?? _last;
            if (progress.Epoch == 0 && progress.Preparing is null) return;
            string epoch = progress is { Epochs: > 1, Epoch: > 0 } ? $" {progress.Epoch}/{progress.Epochs}" : "";
            string what = progress.Preparing is null ? PlainProgress.Figures(progress, _last, " · ") : PlainProgress.Preparing(progress, " · ");
            task.Description = $"{progress.PhaseName}{epoch}{what}".EscapeMarkup();
        }

        public void Finish()
        {
            if (task.IsFinished) return;
            if (!task.IsStarted) task.StartTask();
            if (_last is null) task.Description = _name;
            task.Value = 100;
            task.StopTask();
        }
    }
}
