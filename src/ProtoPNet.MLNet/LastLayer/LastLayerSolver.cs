using MathNet.Numerics.LinearAlgebra;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>Solves <see cref="LastLayerProblem"/> to a proven relative gap. The method is described in docs/last-layer.md.</summary>
public static class LastLayerSolver
{
    /// <summary>Solves <paramref name="problem"/>.</summary>
    /// <param name="problem">Similarities, labels, λ, μ.</param>
    /// <param name="options">Tolerance, limits and start; null for the defaults.</param>
    /// <param name="cancellationToken">Checked between Newton steps.</param>
    /// <returns>The weights (K × P) and their certificate. If a limit is reached, the best point so far with its gap.</returns>
    /// <exception cref="ArgumentException">The problem or an option is invalid; the message says which and why.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public static LastLayerSolution Solve(LastLayerProblem problem, LastLayerOptions? options = null, CancellationToken cancellationToken = default)
        => Solve(problem, options ?? new LastLayerOptions(), DenseProducts.Best(), cancellationToken);

    /// <summary>Solves with a given provider of dense products.</summary>
    internal static LastLayerSolution Solve(
        LastLayerProblem problem, LastLayerOptions options, IDenseProducts products, CancellationToken cancellationToken)
    {
        LastLayerProblemCheck.Check(problem);
        options.Check(problem);
        return new FaceNewton(problem, options, products).Run(cancellationToken);
    }
}
