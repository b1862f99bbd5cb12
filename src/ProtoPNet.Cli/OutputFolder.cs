using System.Text.Json;
using ProtoPNet.Cli.Measures;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.Training;

namespace ProtoPNet.Cli;

/// <summary>The folder that a training run writes to, alone.</summary>
internal sealed class OutputFolder : IDisposable
{
    private readonly string _path;
    private readonly HeldFolder _held;

    /// <exception cref="IOException">It cannot be written to, or another run is writing to it.</exception>
    public OutputFolder(string path) => (_path, _held) = (path, HeldFolder.Take(path));

    public string Model => Path.Combine(_path, "model.zip");

    public string Metrics => Path.Combine(_path, "metrics.json");

    public string Checkpoint => Path.Combine(_path, "checkpoint");

    private string Notes => Path.Combine(Checkpoint, "test-accuracy.json");

    private string Name => Path.GetFileName(Path.TrimEndingDirectorySeparator(_path));

    /// <summary>The checkpoint to go on from; null where there is none, and training begins.</summary>
    /// <exception cref="InvalidOperationException">There is one, and nobody has said to go on from it.</exception>
    public TrainingCheckpoint? ToResume(bool resume)
    {
        TrainingCheckpoint? found = TrainingCheckpoint.In(Checkpoint);
        if (found is null && resume && !File.Exists(Model)) Console.WriteLine($"There is no checkpoint in '{Checkpoint}': training begins.");
        if (found is null || resume) return found;
        throw new InvalidOperationException(
            $"There is a checkpoint of a run that did not end in '{Checkpoint}': {found.Place}, {found.Elapsed:hh\\:mm\\:ss} of training, "
            + $"written {found.Written:u}. "
            + "Add --resume to go on with it, or remove that folder to train from the beginning.");
    }

    /// <summary>Keeps beside the checkpoint what was measured on the test split.</summary>
    public void Note(TrainingMetrics.Stages measured) => WholeFile.Write(Notes, JsonSerializer.Serialize(measured));

    /// <summary>What was measured before the run was interrupted.</summary>
    public TrainingMetrics.Stages? Noted() => File.Exists(Notes) ? JsonSerializer.Deserialize<TrainingMetrics.Stages>(File.ReadAllText(Notes)) : null;

    /// <summary>Rewrites <c>metrics.csv</c> and <c>training.html</c> where progress tells of all phases.</summary>
    public void Watch(TrainingProgress progress)
    {
        if (progress.History.Count == 0) return;
        WholeFile.Write(Path.Combine(_path, "metrics.csv"), progress.History.ToCsv());
        WholeFile.Write(Path.Combine(_path, "training.html"), progress.Html(Name));
    }

    public void Finished(TrainingReport report)
    {
        WholeFile.Write(Path.Combine(_path, "metrics.csv"), report.Phases.ToCsv());
        WholeFile.Write(Path.Combine(_path, "training.html"), report.Html(Name));
    }

    /// <summary>Removes the checkpoint, now that the model is here.</summary>
    public void RemoveCheckpoint()
    {
        if (Directory.Exists(Checkpoint)) Directory.Delete(Checkpoint, recursive: true);
    }

    public void Dispose() => _held.Dispose();
}
