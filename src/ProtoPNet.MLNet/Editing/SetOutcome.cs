using MathNet.Numerics.LinearAlgebra;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Editing;

/// <summary>How a set of photographs is classified.</summary>
/// <param name="Set">The photographs.</param>
/// <param name="Predicted">The class predicted for each (N), 0-based.</param>
/// <param name="EvidenceSize">
/// Mean number of prototypes that make up 80 % of the positive points of the predicted class, as <see cref="InterpretabilityReport.EvidenceSize"/>.
/// </param>
internal sealed record SetOutcome(PhotographSet Set, IReadOnlyList<int> Predicted, double EvidenceSize)
{
    /// <summary>Share of the photographs classified correctly.</summary>
    public double Accuracy => (double)Predicted.Zip(Labels).Count(pair => pair.First == pair.Second) / Predicted.Count;

    private int[] Labels => Set.Similarities.Labels;

    /// <summary>Classifies a set. Only weights other than 0 cost time.</summary>
    public static SetOutcome Of(PhotographSet set, PrototypeHead head)
    {
        Matrix<float> similarities = set.Similarities.Similarities;
        (int images, int classes) = (similarities.RowCount, head.ClassNames.Count);
        float[]?[] columns = new float[]?[head.Prototypes.Count];
        Parallel.For(0, columns.Length, p => columns[p] = similarities.Column(head.Prototypes[p].Index).ToArray());
        double[][] logits = new double[classes][];
        Parallel.For(0, classes, k =>
        {
            double[] sums = logits[k] = new double[images];
            for (int p = 0; p < columns.Length; p++)
                if (head.Weights[k, p] is not 0 and var weight)
                    for (int i = 0; i < images; i++) sums[i] += (double)weight * columns[p]![i];
        });
        int[] predicted = [.. Enumerable.Range(0, images).Select(i => Highest(logits, i))];
        int[] evidence = new int[images];
        Parallel.For(0, images, i =>
        {
            int k = predicted[i];
            evidence[i] = StrongEvidence.Count(Enumerable.Range(0, columns.Length)
                .Where(p => head.Weights[k, p] > 0 && columns[p]![i] > 0)
                .Select(p => (double)head.Weights[k, p] * columns[p]![i]).OrderDescending());
        });
        return new(set, predicted, evidence.Average());
    }

    /// <summary>The share of photographs of each class classified correctly (K); null for a class without photographs.</summary>
    public IReadOnlyList<double?> OfClasses(int classes)
    {
        (int[] right, int[] all) = (new int[classes], new int[classes]);
        foreach ((int predicted, int label) in Predicted.Zip(Labels))
        {
            all[label]++;
            if (predicted == label) right[label]++;
        }
        return [.. right.Zip(all, (r, n) => n == 0 ? (double?)null : (double)r / n)];
    }

    /// <summary>The first of the classes with the highest logit.</summary>
    private static int Highest(double[][] logits, int image)
    {
        int best = 0;
        for (int k = 1; k < logits.Length; k++)
            if (logits[k][image] > logits[best][image]) best = k;
        return best;
    }
}
