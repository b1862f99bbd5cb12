namespace ProtoPNet.MLNet.Pruning;

/// <summary>
/// Which prototypes to remove (paper, supplement S8): those with fewer than <paramref name="Threshold"/> of their own class among their
/// <paramref name="Nearest"/> nearest training images. They have found something that many classes share, usually background.
/// </summary>
/// <param name="Nearest">k, the number of nearest images considered; the prototype's own source counts as one.</param>
/// <param name="Threshold">The number of them that must be of the prototype's class.</param>
public sealed record PruningRule(int Nearest = 6, int Threshold = 3)
{
    /// <summary>Why the rule is invalid; null if it is valid.</summary>
    internal string? Fault
        => Nearest < 1 ? $"{nameof(Nearest)} is {Nearest}; it must be at least 1."
        : Threshold < 0 || Threshold > Nearest ? $"{nameof(Threshold)} is {Threshold}; it must be from 0 to {Nearest}, the number of nearest images."
        : null;

    /// <summary>The prototypes to remove, in order.</summary>
    /// <param name="nearestClasses">For each prototype the classes of its nearest images, nearest first.</param>
    /// <param name="prototypeClasses">The class of each prototype.</param>
    public IReadOnlyList<int> Removed(IReadOnlyList<IReadOnlyList<int>> nearestClasses, IReadOnlyList<int> prototypeClasses)
        => [.. Enumerable.Range(0, prototypeClasses.Count).Where(j => Own(nearestClasses[j], prototypeClasses[j]) < Threshold)];

    /// <summary>
    /// The same, except that a class that would have no prototypes left keeps the one with the most nearest images of its class (the first if tied):
    /// without any, its logit could only come from other classes' prototypes.
    /// </summary>
    /// <inheritdoc cref="Removed" path="/param"/>
    public IReadOnlyList<int> RemovedSparingClasses(IReadOnlyList<IReadOnlyList<int>> nearestClasses, IReadOnlyList<int> prototypeClasses)
    {
        HashSet<int> removed = [.. Removed(nearestClasses, prototypeClasses)];
        foreach (IGrouping<int, int> members in Enumerable.Range(0, prototypeClasses.Count).GroupBy(j => prototypeClasses[j]))
            if (members.All(removed.Contains)) removed.Remove(members.MaxBy(j => Own(nearestClasses[j], members.Key)));
        return [.. removed.Order()];
    }

    private int Own(IReadOnlyList<int> nearest, int own) => nearest.Take(Nearest).Count(k => k == own);
}
