using ProtoPNet.MLNet.Training;
using Spectre.Console;

namespace ProtoPNet.Cli;

/// <summary>Shows training as it goes: bars in a terminal, plain lines where the output is none.</summary>
internal static class TrainingDisplay
{
    /// <summary>Runs <paramref name="train"/>, which tells its progress to what it is given.</summary>
    public static T Show<T>(TrainingSchedule schedule, Func<Action<TrainingProgress>, T> train) => AnsiConsole.Profile.Capabilities.Interactive
        ? AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context =>
            {
                ProgressTask[] tasks = [.. schedule.Phases.Select(p => context.AddTask(p.Name, autoStart: false))];
                T result = train(progress => Show(tasks[progress.Phase - 1], progress));
                foreach (ProgressTask task in tasks) Finish(task);
                return result;
            })
        : train(Line);

    private static void Show(ProgressTask task, TrainingProgress progress)
    {
        if (!task.IsStarted) task.StartTask();
        task.Value = 100 * progress.PhaseFraction;
        if (progress.Epochs > 0 && (progress.Metrics is not null || progress.Epoch > 0))
            task.Description = $"{progress.PhaseName} {progress.Epoch}/{progress.Epochs}{Figures(progress, separator: " · ")}".EscapeMarkup();
    }

    private static void Finish(ProgressTask task)
    {
        if (!task.IsStarted) task.StartTask();
        task.Value = 100;
        task.StopTask();
    }

    private static void Line(TrainingProgress progress)
    {
        if (progress.Metrics is null && (progress.Epochs > 0 || progress.PhaseFraction < 1)) return;
        string epoch = progress.Epochs > 0 ? $" epoch {progress.Epoch}/{progress.Epochs}" : "";
        Console.WriteLine(
            $"[{progress.Elapsed:hh\\:mm\\:ss}] {progress.Phase}/{progress.Phases} {progress.PhaseName}{epoch}{Figures(progress, separator: ", ")}");
    }

    private static string Figures(TrainingProgress progress, string separator)
    {
        var figures = new List<string>();
        if (progress.Metrics is { } m)
        {
            figures.Add($"loss {m.Loss:F4}");
            figures.Add($"accuracy {m.Accuracy:P1}");
            if (m.ValidationAccuracy is { } validation) figures.Add($"validation {validation:P1}");
        }
        if (progress.ImagesPerSecond > 0) figures.Add($"{progress.ImagesPerSecond:F0} images/s");
        if (progress.PhaseLeft > TimeSpan.FromSeconds(1)) figures.Add($"{progress.PhaseLeft:hh\\:mm\\:ss} left in this phase");
        return string.Concat(figures.Select(f => separator + f));
    }
}
