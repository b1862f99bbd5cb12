namespace ProtoPNet.MLNet.Confidence;

/// <summary>A familiarity from which on predictions are given.</summary>
/// <param name="Threshold">The lowest familiarity that is answered: the value for <c>AbstainBelow</c>.</param>
/// <param name="KnownKept">The share of photographs of known classes that are answered.</param>
/// <param name="NovelKept">The share of photographs of something else that are answered; small is good. Null if there are none.</param>
public sealed record AbstentionPoint(double Threshold, double KnownKept, double? NovelKept);

/// <summary>How well a familiarity tells photographs of the classes of a model from photographs of something else.</summary>
/// <param name="Known">Photographs of the classes of the model.</param>
/// <param name="Novel">Photographs of something else.</param>
/// <param name="Auroc">
/// The area under the receiver operating characteristic: how often a known photograph is more familiar than a novel one, ties counting half. 0.5 is
/// chance, 1 is perfect.
/// </param>
public sealed record NoveltyMetrics(int Known, int Novel, double Auroc)
{
    /// <summary>Compares the familiarities of known and of novel photographs.</summary>
    /// <exception cref="ArgumentException">There are none of a kind, or a familiarity is not a number.</exception>
    public static NoveltyMetrics Of(IReadOnlyList<float> known, IReadOnlyList<float> novel)
    {
        Check(known, "known");
        Check(novel, "novel");
        float[] sorted = [.. novel.Order()];
        double wins = 0;
        foreach (float one in known) wins += (First(sorted, one, orEqual: true) + First(sorted, one, orEqual: false)) / 2.0;
        return new(known.Count, novel.Count, wins / known.Count / novel.Count);
    }

    /// <summary>The thresholds that keep given shares of the known photographs, and what share of the novel ones they let through.</summary>
    /// <param name="known">The familiarities of known photographs; take others than those that the final figures are measured on.</param>
    /// <param name="novel">The familiarities of novel photographs; may be empty.</param>
    /// <param name="shares">The shares to keep, above 0, at most 1.</param>
    /// <exception cref="ArgumentException">There are no known photographs, a familiarity is not a number, or a share is out of range.</exception>
    public static IReadOnlyList<AbstentionPoint> Keeping(IReadOnlyList<float> known, IReadOnlyList<float> novel, params IReadOnlyList<double> shares)
    {
        Check(known, "known");
        if (novel.Count > 0) Check(novel, "novel");
        if (shares.Any(share => share is not (> 0 and <= 1))) throw new ArgumentException("The shares to keep must be above 0 and at most 1.");
        float[] sorted = [.. known.OrderDescending()];
        return [.. shares.Select(share =>
        {
            float threshold = sorted[Math.Min(sorted.Length, Math.Max(1, (int)Math.Ceiling(share * sorted.Length - 1e-9))) - 1];
            return new AbstentionPoint(threshold, Kept(known, threshold), novel.Count == 0 ? null : Kept(novel, threshold));
        })];
    }

    private static double Kept(IReadOnlyList<float> familiarities, double threshold)
        => familiarities.Count(one => one >= threshold) / (double)familiarities.Count;

    /// <summary>How many of the sorted values lie below a value, or up to it.</summary>
    private static int First(float[] sorted, float value, bool orEqual)
    {
        (int from, int to) = (0, sorted.Length);
        while (from < to)
        {
            int middle = (from + to) / 2;
            if (sorted[middle] < value || orEqual && sorted[middle] == value) from = middle + 1;
            else to = middle;
        }
        return from;
    }

    private static void Check(IReadOnlyList<float> familiarities, string which)
    {
        ArgumentNullException.ThrowIfNull(familiarities);
        if (familiarities.Count == 0) throw new ArgumentException($"There are no {which} photographs to compare.");
        if (familiarities.Any(float.IsNaN)) throw new ArgumentException($"The familiarity of a {which} photograph is not a number.");
    }
}
