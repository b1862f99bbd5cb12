using System.Text.Json;
using ProtoPNet.Cli.Measures;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.Reports;
using ProtoPNet.MLNet.Training;

namespace ProtoPNet.Cli;

/// <summary>The output folder of a training run, locked for it.</summary>
internal sealed class OutputFolder : IDisposable
{
    private readonly string _path;
    private readonly HeldFolder _held;
    private bool _warned;

    /// <exception cref="IOException">It cannot be written to, or another run is writing to it.</exception>
    public OutputFolder(string path) => (_path, _held) = (path, HeldFolder.Take(path));

    public string Model => Path.Combine(_path, "model.zip");

    public string Metrics => Path.Combine(_path, "metrics.json");

    public string Checkpoint => Path.Combine(_path, "checkpoint");

    private string Notes => Path.Combine(Checkpoint, "test-accuracy.json");

    private string Name => Path.GetFileName(Path.TrimEndingDirectorySeparator(_path));

    /// <summary>The checkpoint to resume from; null to start from the beginning.</summary>
    /// <exception cref="InvalidOperationException">There is a checkpoint, but --resume was not given.</exception>
    public TrainingCheckpoint? ToResume(bool resume)
    {
        TrainingCheckpoint? found = TrainingCheckpoint.In(Checkpoint);
        if (found is null && resume && !File.Exists(Model)) Console.WriteLine($"No checkpoint in '{Checkpoint}': starting from the beginning.");
        if (found is null || resume) return found;
        throw new InvalidOperationException(
            $"'{Checkpoint}' holds the checkpoint of an unfinished run: {found.Place}, {ClockText.Of(found.Elapsed)} of training, "
            + $"written {found.Written:u}. "
            + "Add --resume to continue it, or remove that folder to start from the beginning.");
    }

    /// <summary>A name valid for files and folders everywhere: letters, digits, dots, dashes and underscores.</summary>
    public static string SafeName(string name)
    {
        string safe = string.Concat(name.Select(c => char.IsLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '-')).Trim('-', '.');
        return safe.Length > 0 ? safe : "model";
    }

    /// <summary>Saves the test accuracies next to the checkpoint.</summary>
    public void Note(TrainingMetrics.Stages measured) => WhileTraining(() => WholeFile.Write(Notes, JsonSerializer.Serialize(measured)));

    /// <summary>The test accuracies from before the interruption.</summary>
    public TrainingMetrics.Stages? Noted() => File.Exists(Notes) ? JsonSerializer.Deserialize<TrainingMetrics.Stages>(File.ReadAllText(Notes)) : null;

    /// <summary>Rewrites <c>metrics.csv</c> and <c>training.html</c> when progress carries the history of all phases.</summary>
    public void Watch(TrainingProgress progress)
    {
        if (progress.History.Count == 0) return;
        WhileTraining(() => WholeFile.Write(Path.Combine(_path, "metrics.csv"), progress.History.ToCsv()));
        WhileTraining(() => WholeFile.Write(Path.Combine(_path, "training.html"), progress.Html(Name)));
    }

    public void Finished(TrainingReport report)
    {
        WholeFile.Write(Path.Combine(_path, "metrics.csv"), report.Phases.ToCsv());
        WholeFile.Write(Path.Combine(_path, "training.html"), report.Html(Name));
    }

    /// <summary>Writes <c>interpretability.html</c>; returns its name.</summary>
    public string Measured(InterpretabilityReport report)
    {
        const string Page = "interpretability.html";
        WholeFile.Write(Path.Combine(_path, Page), report.Html(Name));
        return Page;
    }

    /// <summary>Removes the checkpoint once the model has been written.</summary>
    public void RemoveCheckpoint()
    {
        if (Directory.Exists(Checkpoint)) Directory.Delete(Checkpoint, recursive: true);
    }

    public void Dispose() => _held.Dispose();

    /// <summary>Writes a file that only watches the run: that it cannot be written, being open elsewhere or for a full disk, must not end it.</summary>
    private void WhileTraining(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!_warned) Console.Error.WriteLine($"warning: {e.Message} Training goes on without it.");
            _warned = true;
        }
    }
}
