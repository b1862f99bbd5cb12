using MathNet.Numerics.LinearAlgebra;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>
/// The temperature T of a classifier (Guo et al. 2017): probabilities are softmax(logits / T), and T is chosen so that they say how often the
/// classifier is right. The predicted class does not depend on it.
/// </summary>
public static class Temperature
{
    /// <summary>The highest temperature; its inverse is the lowest.</summary>
    private const double Most = 1000;

    private const int Bisections = 100;

    /// <summary>With fewer held-out images, one that is wrong would decide how sure the model is.</summary>
    private const int FewestHeldOut = 10;

    /// <summary><see cref="Fit"/>; 1 if there are fewer than ten images.</summary>
    internal static double OfHeldOut(Matrix<float> logits, IReadOnlyList<int> labels) => labels.Count < FewestHeldOut ? 1 : Fit(logits, labels);

    /// <summary>
    /// The temperature with the least cross entropy on images that nothing was fitted to. Their classes are taken to be wrong with probability
    /// 1/(N + 2) (Platt 1999), so that a minimum exists even if all N images are classified correctly.
    /// </summary>
    /// <param name="logits">The logits of the images (N × K).</param>
    /// <param name="labels">Their classes (N), 0-based.</param>
    /// <returns>From 0.001 to 1000; 1 if all logits of each image are equal.</returns>
    /// <exception cref="ArgumentException">There are no images, their numbers differ, a class does not exist, or a logit is not finite.</exception>
    public static double Fit(Matrix<float> logits, IReadOnlyList<int> labels)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.Count == 0 || logits.RowCount != labels.Count || logits.ColumnCount < 2)
            throw new ArgumentException($"The logits are {logits.RowCount} × {logits.ColumnCount} for {labels.Count} images; at least one and two classes are needed.");
        if (labels.Any(label => (uint)label >= (uint)logits.ColumnCount))
            throw new ArgumentException($"A class lies outside 0 to {logits.ColumnCount - 1}.");
        if (!logits.Enumerate().All(float.IsFinite)) throw new ArgumentException("A logit is not a finite number.");
        double[][] rows = [.. Enumerable.Range(0, labels.Count).Select(i => Centred(logits.Row(i)))];
        if (rows.All(row => row.All(z => z == 0))) return 1;
        // The cross entropy is convex in 1/T: its slope rises from left to right.
        (double low, double high) = (-Math.Log(Most), Math.Log(Most));
        for (int i = 0; i < Bisections && high - low > 1e-12; i++)
        {
            double middle = (low + high) / 2;
            if (Slope(rows, labels, Math.Exp(middle)) < 0) low = middle;
            else high = middle;
        }
        return Math.Exp(-(low + high) / 2);
    }

    /// <summary>The mean cross entropy of logits (N × K) at a temperature above 0, in nats.</summary>
    /// <param name="logits">The logits of the images (N × K).</param>
    /// <param name="labels">Their classes (N), 0-based.</param>
    /// <param name="temperature">T.</param>
    public static double CrossEntropy(Matrix<float> logits, IReadOnlyList<int> labels, double temperature)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(labels);
        return Enumerable.Range(0, labels.Count).Average(i =>
        {
            double[] row = [.. Centred(logits.Row(i)).Select(z => z / temperature)];
            double largest = row.Max();
            return largest + Math.Log(row.Sum(z => Math.Exp(z - largest))) - row[labels[i]];
        });
    }

    /// <summary>The derivative of the summed cross entropy with respect to the inverse temperature.</summary>
    private static double Slope(double[][] rows, IReadOnlyList<int> labels, double inverse)
    {
        double wrong = 1.0 / (rows.Length + 2), slope = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            double[] row = rows[i];
            double largest = row.Max(), sum = 0, expected = 0;
            foreach (double z in row)
            {
                double weight = Math.Exp(inverse * (z - largest));
                sum += weight;
                expected += weight * z;
            }
            // The rows are centred: all other classes together have minus the logit of this one.
            double target = (1 - wrong) * row[labels[i]] - wrong / (row.Length - 1) * row[labels[i]];
            slope += expected / sum - target;
        }
        return slope;
    }

    private static double[] Centred(Vector<float> logits)
    {
        double mean = logits.Average(z => (double)z);
        return [.. logits.Select(z => z - mean)];
    }
}
