namespace ProtoPNet.MLNet.Training;

/// <summary>An option or a property of the data that differs from what a checkpoint was made with.</summary>
/// <param name="Name">Its name, such as <c>Schedule.phases[1].epochs</c>.</param>
/// <param name="InCheckpoint">Its value there; «–» where it had none.</param>
/// <param name="Now">Its value now; «–» where it has none.</param>
public sealed record CheckpointDifference(string Name, string InCheckpoint, string Now)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {InCheckpoint} in the checkpoint, {Now} now";
}

/// <summary>A checkpoint that training cannot go on from: it is damaged, or of another run.</summary>
public sealed class CheckpointException : Exception
{
    private const int Shown = 10;

    /// <summary>The file <paramref name="path"/> is damaged.</summary>
    public CheckpointException(string path, string reason, Exception? inner = null)
        : base($"The checkpoint '{path}' cannot be read: {reason.TrimEnd('.')}. Remove it to train from the beginning.", inner)
        => (Path, Reason, Differences) = (path, reason, []);

    /// <summary>The file <paramref name="path"/> is of a run of other options or other data.</summary>
    public CheckpointException(string path, IReadOnlyList<CheckpointDifference> differences)
        : base($"The checkpoint '{path}' is of another run. What differs:\n"
            + string.Concat(differences.Take(Shown).Select(d => $"  {d}\n"))
            + (differences.Count > Shown ? $"  and {differences.Count - Shown} more\n" : "")
            + "To go on with it, use the original options and data; to train from the beginning, remove it or choose another folder.")
        => (Path, Reason, Differences) = (path, "it is of another run.", differences);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>What is wrong with it.</summary>
    public string Reason { get; }

    /// <summary>What differs from the run that it was made in; empty where it is damaged.</summary>
    public IReadOnlyList<CheckpointDifference> Differences { get; }
}
