namespace ProtoPNet.MLNet.Training;

/// <summary>Prototypes that left the network in a phase; the places and pictures of the others are unchanged.</summary>
/// <param name="Before">The number of prototypes before the phase.</param>
/// <param name="Removed">The number that left.</param>
/// <param name="Spared">The classes that keep a prototype only because they would have none left.</param>
public sealed record PrototypeRemoval(int Before, int Removed, IReadOnlyList<string> Spared)
{
    private const int ShownClasses = 5;

    /// <summary>The number of prototypes that remain.</summary>
    public int Left => Before - Removed;

    /// <summary>For a log: <c>64 of 100 prototypes remain</c>.</summary>
    public override string ToString()
    {
        string more = Spared.Count > ShownClasses ? $" and {Spared.Count - ShownClasses} more classes" : "", plural = Spared.Count == 1 ? "s" : "";
        return $"{Left} of {Before} prototypes remain" + (Spared.Count == 0 ? ""
            : $"; {string.Join(", ", Spared.Take(ShownClasses))}{more} would have none left and keep{plural} one");
    }
}
