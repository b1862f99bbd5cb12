using MathNet.Numerics.LinearAlgebra;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>The weights of the last layer, with a certificate of their optimality.</summary>
/// <param name="Weights">The last layer (K × P): logits = W s. Weights that the optimum does not need are exactly 0.</param>
/// <param name="Certificate">The certificate of exactly these weights.</param>
public sealed record LastLayerSolution(Matrix<float> Weights, LastLayerCertificate Certificate)
{
    /// <summary>The prototypes that have a weight other than 0.</summary>
    public IReadOnlyList<int> Used => [.. Enumerable.Range(0, Weights.ColumnCount).Where(j => Weights.Column(j).Any(w => w != 0))];
}

/// <summary>What is proven about a solution: no weights have an objective below <see cref="DualBound"/>.</summary>
public sealed record LastLayerCertificate
{
    /// <summary>The objective of the returned weights.</summary>
    public required double Objective { get; init; }

    /// <summary>A lower bound on the objective of all weights, from a feasible point of the dual problem.</summary>
    public required double DualBound { get; init; }

    /// <summary>(Objective − DualBound) / Objective; 0 if both are 0.</summary>
    public double RelativeGap => Objective > 0 ? Math.Max(0, (Objective - DualBound) / Objective) : 0;

    /// <summary>The mean cross entropy alone.</summary>
    public required double CrossEntropy { get; init; }

    /// <summary>Share of the N images that the weights classify correctly.</summary>
    public required double Accuracy { get; init; }

    /// <summary>The number of Newton steps.</summary>
    public required int Iterations { get; init; }

    /// <summary>Hessian-vector products over all steps.</summary>
    public required int HessianProducts { get; init; }

    /// <summary>Off-class weights (class k, prototype of another class): K·P − P.</summary>
    public required int OffClassWeights { get; init; }

    /// <summary>The number of <see cref="OffClassWeights"/> that are exactly zero.</summary>
    public required int OffClassZeros { get; init; }

    /// <summary>Off-class weights that are not zero.</summary>
    public int Connections => OffClassWeights - OffClassZeros;

    /// <summary>Time taken.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Why the solver stopped.</summary>
    public required StoppingReason Stopped { get; init; }

    /// <summary>One line for a log.</summary>
    public override string ToString()
        => $"objective {Objective:G8} (relative gap {RelativeGap:G2}, {Describe(Stopped)}), accuracy {Accuracy:P1}, "
        + $"{OffClassZeros} of {OffClassWeights} off-class weights are 0, {Iterations} steps in {Elapsed.TotalSeconds:F2} s";

    private static string Describe(StoppingReason reason) => reason switch
    {
        StoppingReason.Converged => "optimal to the tolerance",
        StoppingReason.MinimumNotAttained => "without penalties on all weights there may be no minimum: stopped on the tolerance",
        StoppingReason.IterationLimit => "iteration limit",
        StoppingReason.TimeLimit => "time limit",
        _ => "no further progress in floating point",
    };
}

/// <summary>Why the solver stopped.</summary>
public enum StoppingReason
{
    /// <summary>The duality gap is within the tolerance.</summary>
    Converged,

    /// <summary>μ = 0 or λ = 0: there is no dual bound above 0, and there may be no minimum; progress per step fell below the tolerance.</summary>
    MinimumNotAttained,

    /// <summary>The iteration limit was reached first.</summary>
    IterationLimit,

    /// <summary>The time limit was reached first.</summary>
    TimeLimit,

    /// <summary>No step improves the objective in double precision.</summary>
    Stalled,
}
