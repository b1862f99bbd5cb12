namespace ProtoPNet.MLNet.Explanations;

/// <summary>Which prototypes an image's explanation rests on.</summary>
internal static class StrongEvidence
{
    /// <summary>The share of the positive evidence that counts as the explanation; what is beyond it is negligible.</summary>
    public const double Share = 0.8;

    /// <summary>The fewest prototypes that reach <see cref="Share"/> of the positive evidence for a class, largest contribution first.</summary>
    /// <param name="similarities">The image's similarity to each of P prototypes.</param>
    /// <param name="weights">The last layer, K × P.</param>
    /// <param name="classIndex">The class.</param>
    public static int[] For(ReadOnlySpan<float> similarities, float[,] weights, int classIndex)
    {
        var points = new List<(int Prototype, double Points)>();
        for (int j = 0; j < similarities.Length; j++)
            if ((double)similarities[j] * weights[classIndex, j] is > 0 and var positive) points.Add((j, positive));
        points.Sort((a, b) => b.Points != a.Points ? b.Points.CompareTo(a.Points) : a.Prototype.CompareTo(b.Prototype));
        return [.. points.Take(Count(points.Select(p => p.Points))).Select(p => p.Prototype)];
    }

    /// <summary>How many of the points, which are positive and in descending order, it takes to reach <see cref="Share"/> of their sum.</summary>
    public static int Count(IEnumerable<double> points)
    {
        double[] all = [.. points];
        double wanted = Share * all.Sum(), sum = 0;
        int count = 0;
        while (count < all.Length && sum < wanted) sum += all[count++];
        return count;
    }

    /// <summary>The prototypes with the highest similarities, highest first.</summary>
    public static int[] MostSimilar(ReadOnlySpan<float> similarities, int count)
    {
        int[] order = [.. Enumerable.Range(0, similarities.Length)];
        float[] keys = [.. similarities];
        return [.. order.OrderByDescending(j => keys[j]).Take(count)];
    }
}
