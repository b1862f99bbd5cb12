namespace ProtoPNet.MLNet.Confidence;

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
