namespace ProtoPNet.MLNet.Model;

/// <summary>A list of edits as a file: what <c>protopnet serve</c> exports and <c>protopnet prune --edits</c> applies.</summary>
/// <param name="Edits">The edits, in order.</param>
/// <param name="Format">The format of the file.</param>
public sealed record ModelEdits(IReadOnlyList<ModelEdit> Edits, int Format = ModelEdits.CurrentFormat)
{
    /// <summary>The format written by this version; incremented when an older reader would misread the file.</summary>
    internal const int CurrentFormat = 1;
}
