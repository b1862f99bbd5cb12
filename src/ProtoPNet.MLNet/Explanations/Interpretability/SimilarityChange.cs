namespace ProtoPNet.MLNet.Explanations;

/// <summary>How far a change of the photograph changes the similarity to a prototype. Both are 0 or more; small is good.</summary>
/// <param name="Similarity">|after − before| / |before|.</param>
/// <param name="Rank">The same of the prototype's rank among all prototypes of the model, 1 being the most similar.</param>
public sealed record SimilarityChange(double Similarity, double Rank)
{
    /// <summary>The change for one prototype; null if its similarity was 0.</summary>
    internal static SimilarityChange? Of(ReadOnlySpan<float> before, ReadOnlySpan<float> after, int prototype)
    {
        if (before[prototype] == 0) return null;
        (int was, int now) = (RankOf(before, prototype), RankOf(after, prototype));
        return new(Math.Abs((double)after[prototype] - before[prototype]) / Math.Abs(before[prototype]), (double)Math.Abs(now - was) / was);
    }

    /// <summary>1 for the highest; of equal ones the first.</summary>
    private static int RankOf(ReadOnlySpan<float> similarities, int prototype)
    {
        int rank = 1;
        for (int j = 0; j < similarities.Length; j++)
            if (similarities[j] > similarities[prototype] || similarities[j] == similarities[prototype] && j < prototype) rank++;
        return rank;
    }
}

/// <summary>How far similarities fall when a box is painted over with the photograph's mean colour, relative to what they were.</summary>
/// <param name="Evidence">For the box of the evidence.</param>
/// <param name="Elsewhere">For a box of the same size at random.</param>
public sealed record Deletion(double Evidence, double Elsewhere)
{
    /// <summary>How much more the box of the evidence counts; 0 or less: no more than any other.</summary>
    public double Excess => Evidence - Elsewhere;

    /// <summary>The share by which a similarity falls; below 0 if it rises.</summary>
    internal static double Fall(float before, float after) => ((double)before - after) / Math.Abs(before);
}
