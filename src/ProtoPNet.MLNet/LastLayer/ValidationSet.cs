using MathNet.Numerics.LinearAlgebra;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>Photographs outside the fit, to choose λ by. Never test data.</summary>
/// <param name="Similarities">Similarity of each image to each prototype (images × P).</param>
/// <param name="Labels">Class of each image, 0-based.</param>
public sealed record ValidationSet(Matrix<float> Similarities, IReadOnlyList<int> Labels)
{
    /// <summary>Share of the images that <paramref name="weights"/> (K × P) classify correctly.</summary>
    public double Accuracy(Matrix<float> weights) => LastLayerObjective.AccuracyOf(Similarities, Labels, weights);

    /// <exception cref="ArgumentException">The set is empty, or does not fit the problem.</exception>
    internal void Check(LastLayerProblem problem)
    {
        if (Labels.Count == 0) throw new ArgumentException("The validation set is empty; give it images, or choose λ without it.");
        if (Similarities.RowCount != Labels.Count || Similarities.ColumnCount != problem.Prototypes)
            throw new ArgumentException($"The validation similarities are {Similarities.RowCount} × {Similarities.ColumnCount}; they must be "
                + $"{Labels.Count} labels × {problem.Prototypes} prototypes.");
        if (Labels.Any(label => (uint)label >= (uint)problem.Classes))
            throw new ArgumentException($"A validation label lies outside 0 to {problem.Classes - 1}.");
    }
}
