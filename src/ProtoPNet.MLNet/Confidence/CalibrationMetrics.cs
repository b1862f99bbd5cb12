using MathNet.Numerics.Distributions;

namespace ProtoPNet.MLNet.Confidence;

/// <summary>Predictions of similar confidence.</summary>
/// <param name="From">The lowest confidence of the bin, exclusive.</param>
/// <param name="To">The highest confidence of the bin, inclusive.</param>
/// <param name="Photographs">The number of predictions in it.</param>
/// <param name="Confidence">Their mean confidence; 0 if there are none.</param>
/// <param name="Accuracy">The share of them that is right; 0 if there are none.</param>
public sealed record ReliabilityBin(double From, double To, int Photographs, double Confidence, double Accuracy)
{
    /// <summary>
    /// The expected |accuracy − confidence| of a bin of this size if its predictions were right exactly as often as they claim, all with the bin's mean
    /// confidence: the mean absolute deviation of a binomial share (de Moivre). 0 for an empty bin.
    /// </summary>
    public double GapByChance
    {
        get
        {
            double p = Math.Clamp(Confidence, 0, 1);
            if (Photographs == 0 || p is 0 or 1) return 0;
            int below = Math.Min(Photographs - 1, (int)Math.Floor(Photographs * p));
            return 2 * p * (1 - p) * Binomial.PMF(p, Photographs - 1, below);
        }
    }
}

/// <summary>
/// How far a classifier's probabilities can be believed: of the predictions made with 80 % confidence, 80 % should be right. Confidence is the
/// probability of the predicted class. After Guo et al. 2017, "On Calibration of Modern Neural Networks".
/// </summary>
/// <param name="Bins">The reliability diagram: bins of equal width from 0 to 1.</param>
public sealed record CalibrationMetrics(IReadOnlyList<ReliabilityBin> Bins)
{
    /// <summary>The usual number of bins.</summary>
    public const int UsualBins = 15;

    /// <summary>The number of predictions.</summary>
    public int Photographs => Bins.Sum(bin => bin.Photographs);

    /// <summary>The share of predictions that is right.</summary>
    public double Accuracy => Mean(bin => bin.Accuracy);

    /// <summary>The mean confidence; above <see cref="Accuracy"/>, the classifier is too sure.</summary>
    public double Confidence => Mean(bin => bin.Confidence);

    /// <summary>The expected calibration error: the mean of |accuracy − confidence| over the predictions, by bin; 0 to 1, 0 is perfect.</summary>
    public double ExpectedError => Mean(bin => Math.Abs(bin.Accuracy - bin.Confidence));

    /// <summary>
    /// The <see cref="ExpectedError"/> to expect from perfectly calibrated probabilities on the same number of photographs. An error of about this size is
    /// no evidence against a classifier.
    /// </summary>
    public double ErrorByChance => Mean(bin => bin.GapByChance);

    /// <summary>Measures predictions.</summary>
    /// <param name="probabilities">The class probabilities of each photograph (N × K).</param>
    /// <param name="labels">The classes of the photographs (N), 0-based.</param>
    /// <param name="bins">The number of bins, at least 1.</param>
    /// <exception cref="ArgumentException">
    /// There are no photographs, their numbers differ, a class does not exist, a probability is not a number from 0 to 1, or the bins are too few.
    /// </exception>
    public static CalibrationMetrics Of(IReadOnlyList<float[]> probabilities, IReadOnlyList<int> labels, int bins = UsualBins)
    {
        ArgumentNullException.ThrowIfNull(probabilities);
        ArgumentNullException.ThrowIfNull(labels);
        if (bins < 1) throw new ArgumentException($"{bins} bins were asked for; at least one is needed.", nameof(bins));
        if (labels.Count == 0 || probabilities.Count != labels.Count)
            throw new ArgumentException($"There are probabilities of {probabilities.Count} photographs and {labels.Count} classes; give one each.");
        var counts = new int[bins];
        var right = new int[bins];
        var confidence = new double[bins];
        for (int i = 0; i < labels.Count; i++)
        {
            int predicted = Checked(probabilities[i], labels[i], i);
            double sure = probabilities[i][predicted];
            int bin = Math.Clamp((int)Math.Ceiling(sure * bins) - 1, 0, bins - 1);
            counts[bin]++;
            confidence[bin] += sure;
            if (predicted == labels[i]) right[bin]++;
        }
        return new([.. counts.Select((count, b) => new ReliabilityBin(
            (double)b / bins, (b + 1.0) / bins, count, count == 0 ? 0 : confidence[b] / count, count == 0 ? 0 : (double)right[b] / count))]);
    }

    /// <summary>The most probable class.</summary>
    private static int Checked(float[] probabilities, int label, int photograph)
    {
        if ((uint)label >= (uint)probabilities.Length)
            throw new ArgumentException($"Photograph {photograph} is of class {label}; classes are numbered 0 to {probabilities.Length - 1}.");
        int best = 0;
        for (int k = 0; k < probabilities.Length; k++)
        {
            if (!(probabilities[k] is >= 0 and <= 1.00001f))
                throw new ArgumentException($"Photograph {photograph} has the probability {probabilities[k]} of class {k}; it must be from 0 to 1.");
            if (probabilities[k] > probabilities[best]) best = k;
        }
        return best;
    }

    private double Mean(Func<ReliabilityBin, double> value) => Bins.Sum(bin => bin.Photographs * value(bin)) / Photographs;
}
