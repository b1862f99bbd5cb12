namespace ProtoPNet.MLNet.Model;

/// <summary>What stands on the similarities to a network's prototypes: those of them that count, and for what.</summary>
/// <param name="ClassNames">Names of the K classes.</param>
/// <param name="Prototypes">P' of the network's P prototypes, each with its index there.</param>
/// <param name="Weights">Their weights (K × P').</param>
internal sealed record PrototypeHead(IReadOnlyList<string> ClassNames, IReadOnlyList<Prototype> Prototypes, float[,] Weights)
{
    /// <summary>The logits (K) of an image.</summary>
    /// <param name="similarities">Its similarities to all prototypes of the network (P).</param>
    public float[] Logits(ReadOnlySpan<float> similarities)
    {
        float[] logits = new float[ClassNames.Count];
        for (int k = 0; k < logits.Length; k++)
        {
            double sum = 0;
            for (int p = 0; p < Prototypes.Count; p++) sum += (double)Weights[k, p] * similarities[Prototypes[p].Index];
            logits[k] = (float)sum;
        }
        return logits;
    }

    /// <summary>Softmax of logits.</summary>
    public static float[] Probabilities(ReadOnlySpan<float> logits)
    {
        double[] powers = new double[logits.Length];
        double highest = double.NegativeInfinity, sum = 0;
        foreach (float logit in logits) highest = Math.Max(highest, logit);
        for (int k = 0; k < powers.Length; k++) sum += powers[k] = Math.Exp(logits[k] - highest);
        return [.. powers.Select(power => (float)(power / sum))];
    }
}
