using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.Training.Checkpoints;

namespace ProtoPNet.MLNet.Training;

/// <summary>
/// A checkpoint in the folder <c>Options.CheckpointFolder</c>: the state of a run that has ended or was interrupted.
/// </summary>
/// <param name="Path">The file.</param>
/// <param name="Written">When it was written.</param>
/// <param name="Elapsed">The training time up to then.</param>
/// <param name="Place">How far training had come, as text.</param>
/// <param name="IsFinished">Whether all phases are done, so that resuming returns the model at once.</param>
public sealed record TrainingCheckpoint(string Path, DateTimeOffset Written, TimeSpan Elapsed, string Place, bool IsFinished)
{
    private const string FileName = "checkpoint.safetensors";

    /// <summary>The checkpoint in <paramref name="folder"/>, or null if there is none. Reads only its description.</summary>
    /// <exception cref="CheckpointException">It is damaged, or of a format that this version does not read.</exception>
    public static TrainingCheckpoint? In(string folder)
    {
        string path = PathIn(folder);
        if (!File.Exists(path)) return null;
        using var file = CheckpointFile.Open(path);
        return Of(path, file.Description);
    }

    internal static TrainingCheckpoint Of(string path, CheckpointDescription d) => new(path, d.Written, d.Elapsed, d.Place, d.IsFinished);

    /// <summary>The checkpoint path for a folder; the file may not exist.</summary>
    public static string PathIn(string folder) => System.IO.Path.Combine(folder, FileName);

    /// <summary>Removes a folder's checkpoint once its model is saved elsewhere, and the folder if it is then empty.</summary>
    public static void Remove(string folder)
    {
        if (!Directory.Exists(folder)) return;
        File.Delete(PathIn(folder));
        WholeFile.Sweep(folder);
        if (!Directory.EnumerateFileSystemEntries(folder).Any()) Directory.Delete(folder);
    }
}
