using MathNet.Numerics.LinearAlgebra;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>The objective of given weights on a problem: for comparison with the optimum, and for data not fitted to.</summary>
/// <param name="Value">The whole objective, penalties included.</param>
/// <param name="CrossEntropy">The weighted mean cross entropy alone.</param>
/// <param name="Accuracy">Share of the images classified correctly.</param>
public readonly record struct LastLayerObjective(double Value, double CrossEntropy, double Accuracy)
{
    /// <summary>Evaluates <paramref name="weights"/> (K × P) on <paramref name="problem"/>.</summary>
    /// <exception cref="ArgumentException">The problem is invalid, or the weights have the wrong shape.</exception>
    public static LastLayerObjective Of(LastLayerProblem problem, Matrix<float> weights)
    {
        LastLayerProblemCheck.Check(problem);
        LastLayerProblemCheck.CheckShape(problem, weights, "weights");
        OwnClassTerm[] own = problem.OwnClassTerms(problem.NormalisedSampleWeights());
        double penalty = 0;
        for (int k = 0; k < problem.Classes; k++)
        {
            for (int j = 0; j < problem.Prototypes; j++)
            {
                double w = weights[k, j];
                penalty += problem.IsOffClass(k, j) ? problem.L1 * Math.Abs(w) : own[k].Value(w);
            }
        }
        Posterior posterior = At(problem, weights).Posterior;
        return new LastLayerObjective(posterior.CrossEntropy + penalty, posterior.CrossEntropy, posterior.Accuracy);
    }

    /// <summary>Share of the images (N × P similarities, N labels) that the weights (K × P) classify correctly.</summary>
    internal static double AccuracyOf(Matrix<float> similarities, IReadOnlyList<int> labels, Matrix<float> weights)
        => At(similarities, labels, new double[labels.Count], weights).Posterior.Accuracy;

    /// <summary>The cross entropy as a function, and its value at the weights (K × P).</summary>
    internal static (SoftmaxLoss Loss, Posterior Posterior) At(LastLayerProblem problem, Matrix<float> weights)
        => At(problem.Similarities, problem.Labels, problem.NormalisedSampleWeights(), weights);

    private static (SoftmaxLoss Loss, Posterior Posterior) At(
        Matrix<float> similarities, IReadOnlyList<int> labels, double[] sampleWeights, Matrix<float> weights)
    {
        var support = Support.Where(weights.RowCount, weights.ColumnCount, (k, j) => weights[k, j] != 0);
        var values = new double[support.Count];
        for (int k = 0; k < support.Classes; k++)
            for (int v = support.Starts[k]; v < support.Starts[k + 1]; v++) values[v] = weights[k, support.Columns[v]];
        var tiles = new RowTiles(similarities);
        var posterior = new Posterior(tiles, weights.RowCount);
        var loss = new SoftmaxLoss(tiles, weights.RowCount, labels, sampleWeights);
        loss.Evaluate(support, values, posterior);
        return (loss, posterior);
    }
}
