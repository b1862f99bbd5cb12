using MathNet.Numerics.LinearAlgebra;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>When to stop, and where to start. If a limit is reached, the best point is returned with its gap.</summary>
public sealed record LastLayerOptions
{
    /// <summary>The relative duality gap to reach: (objective − dual bound) / objective, from 1e-10 to below 1.</summary>
    public double RelativeGap { get; init; } = 1e-6;

    /// <summary>The maximum number of Newton steps, at least 0.</summary>
    public int MaxIterations { get; init; } = 500;

    /// <summary>The time limit, or null for none. Checked between steps.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>
    /// Weights to start from (K × P), for instance the solution for a neighbouring λ; null for own-class 1, off-class 0.
    /// Only the own-class weights of a dense start are used: it does not tell which others the optimum needs.
    /// </summary>
    public Matrix<float>? Start { get; init; }

    /// <summary>Optional callback, invoked after each step.</summary>
    public IProgress<LastLayerProgress>? Progress { get; init; }

    /// <exception cref="ArgumentException">A number is out of range, or the start has the wrong shape.</exception>
    internal void Check(LastLayerProblem problem)
    {
        if (!(RelativeGap is >= 1e-10 and <= 1))
            throw new ArgumentException($"The relative gap to reach is {RelativeGap}; it must lie between 1e-10 and 1. The default is 1e-6.");
        if (MaxIterations < 0) throw new ArgumentException($"The limit of iterations is {MaxIterations}; it must not be negative.");
        if (TimeLimit < TimeSpan.Zero) throw new ArgumentException($"The time limit is {TimeLimit}; it must not be negative.");
        if (Start is { } start) LastLayerProblemCheck.CheckShape(problem, start, "weights to start from");
    }
}

/// <summary>The progress of the solver.</summary>
/// <param name="Iteration">Newton steps done.</param>
/// <param name="Objective">The current objective.</param>
/// <param name="RelativeGap">The current relative duality gap.</param>
/// <param name="Connections">Off-class weights that are not zero.</param>
/// <param name="Elapsed">Time since the start.</param>
public readonly record struct LastLayerProgress(int Iteration, double Objective, double RelativeGap, int Connections, TimeSpan Elapsed);
