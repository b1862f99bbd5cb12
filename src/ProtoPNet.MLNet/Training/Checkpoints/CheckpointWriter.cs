using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training.Checkpoints;

/// <summary>Keeps the checkpoint of a run: one file, replaced as a whole.</summary>
/// <param name="folder">Where; made if absent.</param>
/// <param name="every">How often it is due.</param>
/// <param name="identity">The run that it is of.</param>
/// <param name="warn">Told when it could not be written.</param>
internal sealed class CheckpointWriter(
    string folder, TimeSpan every, RunIdentity identity, Action<string> warn)
{
    private long _last = Stopwatch.GetTimestamp();

    public string Path { get; } = TrainingCheckpoint.PathIn(folder);

    /// <summary>How far the run had come when it was written last; null before.</summary>
    public string? LastPlace { get; private set; }

    public bool IsDue => Stopwatch.GetElapsedTime(_last) >= every;

    /// <summary>
    /// Writes it. To be called between steps or phases, with weights that are finite. Where the first cannot be written, nothing is trained; later on
    /// a full disk is no reason to lose what memory holds.
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
            warn($"The checkpoint '{Path}' could not be written ({e.Message}). Training goes on; the one before ({LastPlace}) is still there.");
        }
        _last = Stopwatch.GetTimestamp();
    }

    /// <summary>Notes that the run continues from the checkpoint that is there.</summary>
    public void Continue(string place) => LastPlace = place;
}
