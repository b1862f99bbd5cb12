namespace ProtoPNet.MLNet.Training;

/// <summary>An option or a property of the data that differs from what a checkpoint was made with.</summary>
/// <param name="Name">Its name, such as <c>Schedule.phases[1].epochs</c>.</param>
/// <param name="InCheckpoint">Its value there; «–» if it had none.</param>
/// <param name="Now">Its value now; «–» if it has none.</param>
public sealed record CheckpointDifference(string Name, string InCheckpoint, string Now)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {InCheckpoint} in the checkpoint, {Now} now";
}

/// <summary>Training cannot resume from a checkpoint: it is damaged, or from a different run.</summary>
public sealed class CheckpointException : Exception
{
    private const int Shown = 10;

    /// <summary>The file <paramref name="path"/> is damaged.</summary>
    public CheckpointException(string path, string reason, Exception? inner = null)
        : base($"The checkpoint '{path}' cannot be read: {reason.TrimEnd('.')}. Remove it to train from the beginning.", inner)
        => (Path, Reason, Differences) = (path, reason, []);

    /// <summary>The file <paramref name="path"/> is from a run with different options or data.</summary>
    public CheckpointException(string path, IReadOnlyList<CheckpointDifference> differences)
        : base($"The checkpoint '{path}' is from a different run. Differences:\n"
            + string.Concat(differences.Take(Shown).Select(d => $"  {d}\n"))
            + (differences.Count > Shown ? $"  and {differences.Count - Shown} more\n" : "")
            + "To resume, use the original options and data; to train from the beginning, remove it or choose another folder.")
        => (Path, Reason, Differences) = (path, "it is from a different run.", differences);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>What is wrong with it.</summary>
    public string Reason { get; }

    /// <summary>The differences from the run that wrote it; empty if it is damaged.</summary>
    public IReadOnlyList<CheckpointDifference> Differences { get; }
}
