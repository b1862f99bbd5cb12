using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.Training.Checkpoints;

namespace ProtoPNet.MLNet.Training;

/// <summary>
/// A checkpoint in the folder that <c>Options.CheckpointFolder</c> names: what training went through before it ended or was interrupted.
/// </summary>
/// <param name="Path">The file.</param>
/// <param name="Written">When it was written.</param>
/// <param name="Elapsed">How long training had taken by then.</param>
/// <param name="Place">How far training had come, in words.</param>
/// <param name="IsFinished">Whether all phases are done, so that going on gives the model at once.</param>
public sealed record TrainingCheckpoint(string Path, DateTimeOffset Written, TimeSpan Elapsed, string Place, bool IsFinished)
{
    private const string FileName = "checkpoint.safetensors";

    /// <summary>The checkpoint in <paramref name="folder"/>, or null where there is none. Only its description is read.</summary>
    /// <exception cref="CheckpointException">It is damaged, or written by another version.</exception>
    public static TrainingCheckpoint? In(string folder)
    {
        string path = PathIn(folder);
        if (!File.Exists(path)) return null;
        using var file = CheckpointFile.Open(path);
        return Of(path, file.Description);
    }

    internal static TrainingCheckpoint Of(string path, CheckpointDescription d) => new(path, d.Written, d.Elapsed, d.Place, d.IsFinished);

    /// <summary>Where the checkpoint of a folder lies, be it there or not.</summary>
    public static string PathIn(string folder) => System.IO.Path.Combine(folder, FileName);

    /// <summary>Removes the checkpoint of a folder, once what it led to is kept elsewhere, and the folder if nothing else is in it.</summary>
    public static void Remove(string folder)
    {
        if (!Directory.Exists(folder)) return;
        File.Delete(PathIn(folder));
        WholeFile.Sweep(folder);
        if (!Directory.EnumerateFileSystemEntries(folder).Any()) Directory.Delete(folder);
    }
}
