namespace ProtoPNet.MLNet.Model;

/// <summary>Edits made to a model together, recorded in its file.</summary>
/// <param name="By">Who made them; may be empty.</param>
/// <param name="When">When they were made into a model.</param>
/// <param name="Edits">The edits, in order.</param>
public sealed record ModelRevision(string By, DateTimeOffset When, IReadOnlyList<ModelEdit> Edits)
{
    /// <summary>The maximum length of <see cref="By"/>.</summary>
    internal const int LongestName = 200;

    /// <summary>Why the revision makes no sense for any model; null if it does.</summary>
    internal string? Fault
    {
        get
        {
            if (By.Length > LongestName || By.Any(char.IsControl))
                return $"who made the edits is given as more than {LongestName} characters, or on more than one line.";
            return Edits.Select((edit, i) => edit switch
            {
                null => $"edit {i + 1} is null.",
                { Fault: { } fault } => $"edit {i + 1}: {fault}",
                _ => null,
            }).FirstOrDefault(fault => fault is not null);
        }
    }
}
