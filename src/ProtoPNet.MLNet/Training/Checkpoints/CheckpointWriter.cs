using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training.Checkpoints;

/// <summary>Keeps the checkpoint of a run: one file, replaced atomically.</summary>
/// <param name="folder">The folder; created if absent.</param>
/// <param name="every">The interval between checkpoints.</param>
/// <param name="identity">The run it belongs to.</param>
/// <param name="warn">Receives a warning when it could not be written.</param>
internal sealed class CheckpointWriter(
    string folder, TimeSpan every, RunIdentity identity, Action<string> warn)
{
    private long _last = Stopwatch.GetTimestamp();

    public string Path { get; } = TrainingCheckpoint.PathIn(folder);

    /// <summary>How far the run had come at the last write; null before the first.</summary>
    public string? LastPlace { get; private set; }

    public bool IsDue => Stopwatch.GetElapsedTime(_last) >= every;

    /// <summary>
    /// Writes the checkpoint. Call it between steps or phases, with finite weights. If the first cannot be written, training does not start; later
    /// failures are warnings, since a full disk should not cost the run in memory.
    /// </summary>
    /// <exception cref="IOException">The first could not be written.</exception>
    public void Write(TrainingState state)
    {
        try
        {
            using var scope = NewDisposeScope();
            using var mode = no_grad();
            Directory.CreateDirectory(folder);
            var description = CheckpointDescription.Of(state, identity);
            CheckpointFile.Write(Path, description, [.. StateTensors.Of(state, identity.Images)]);
            LastPlace = description.Place;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && LastPlace is not null)
        {
            warn($"The checkpoint '{Path}' could not be written ({e.Message}). Training continues; the previous one ({LastPlace}) is kept.");
        }
        _last = Stopwatch.GetTimestamp();
    }

    /// <summary>Records that the run resumes from the existing checkpoint.</summary>
    public void Continue(string place) => LastPlace = place;
}
