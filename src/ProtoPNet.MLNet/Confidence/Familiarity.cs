namespace ProtoPNet.MLNet.Confidence;

/// <summary>How familiar a photograph looks by its similarities, for models that do not know it better: the mean of the highest.</summary>
internal static class Familiarity
{
    /// <summary>The mean of the <paramref name="nearest"/> highest similarities, of all if there are fewer; not a number if one is not.</summary>
    /// <param name="similarities">The similarities (P), at least one.</param>
    /// <param name="nearest">How many of them, at least 1.</param>
    public static float Of(ReadOnlySpan<float> similarities, int nearest)
    {
        float[] sorted = similarities.ToArray();
        if (sorted.Any(float.IsNaN)) return float.NaN;
        Array.Sort(sorted);
        return sorted.AsSpan(Math.Max(0, sorted.Length - nearest)).ToArray().Average();
    }
}
