using MathNet.Numerics.LinearAlgebra;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>The last layer's view of images: similarities to the prototypes (N × P), classes (N) and weights (N; null if equal).</summary>
internal sealed record LabelledSimilarities(Matrix<float> Similarities, int[] Labels, double[]? Weights = null)
{
    /// <summary>Concatenates several sets, or several views of one; either all of them have weights or none.</summary>
    public static LabelledSimilarities All(IReadOnlyList<LabelledSimilarities> sets) => sets.Count == 1 ? sets[0] : new(
        sets.Select(set => set.Similarities).Aggregate((above, below) => above.Stack(below)),
        [.. sets.SelectMany(set => set.Labels)],
        sets[0].Weights is null ? null : [.. sets.SelectMany(set => set.Weights!)]);

    /// <summary>Only some of the prototypes, in the order given.</summary>
    public LabelledSimilarities Of(IReadOnlyList<int> prototypes)
        => this with { Similarities = Matrix<float>.Build.DenseOfColumns(prototypes.Select(j => Similarities.Column(j))) };

    /// <summary>Only some of the images.</summary>
    public LabelledSimilarities Rows(IReadOnlyList<int> rows) => new(
        Matrix<float>.Build.DenseOfRows(rows.Select(i => Similarities.Row(i))),
        [.. rows.Select(i => Labels[i])],
        Weights is null ? null : [.. rows.Select(i => Weights[i])]);

    /// <summary>The share of images that a last layer (K × P) classifies correctly.</summary>
    public double Accuracy(float[,] weights) => LastLayerObjective.AccuracyOf(Similarities, Labels, Matrix<float>.Build.DenseOfArray(weights));

    /// <summary>The problem of fitting a last layer to these images.</summary>
    public LastLayerProblem Problem(IReadOnlyList<int> prototypeClasses, int classes)
        => new(Similarities, Labels, prototypeClasses, classes) { SampleWeights = Weights };
}
