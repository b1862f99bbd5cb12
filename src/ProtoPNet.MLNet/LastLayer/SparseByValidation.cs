namespace ProtoPNet.MLNet.LastLayer;

/// <summary>
/// Chooses λ_own of <see cref="OwnClassPenalty.Sparse"/> by validation: of several values the one that needs the fewest prototypes, among those whose
/// accuracy is within one standard error of the best. A difference below that could be chance, and fewer prototypes explain better. For each value λ
/// is at least the price of an own-class weight, as in <see cref="L1Choice"/>.
/// </summary>
/// <param name="Largest">The largest λ_own.</param>
/// <param name="Smallest">The smallest λ_own, above 0.</param>
/// <param name="Count">The number of values, at equal ratios.</param>
public sealed record SparseByValidation(double Largest = 0.3, double Smallest = 3e-3, int Count = 9)
{
    /// <summary>Why the choice is invalid; null if it is valid.</summary>
    internal string? Fault
        => !(Smallest > 0 && Smallest <= Largest && double.IsFinite(Largest))
            ? $"λ_own is searched from {Largest} to {Smallest}; both must be finite numbers above 0, the first at least the second."
        : Count is < 2 or > 1000 ? $"{nameof(Count)} is {Count}; the number of values of λ_own must be from 2 to 1000."
        : null;

    /// <summary>Solves <paramref name="problem"/> as it is and for each λ_own, and picks one of the solutions.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="validation">The images to choose by.</param>
    /// <param name="options">Tolerance and limits of each solution; null for the defaults.</param>
    /// <param name="cancellationToken">Checked between Newton steps.</param>
    /// <exception cref="ArgumentException">An argument is invalid.</exception>
    public L1Chosen Solve(
        LastLayerProblem problem, ValidationSet validation, LastLayerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(validation);
        L1Chosen given = new L1Choice.Fixed(problem.L1).Solve(problem, validation, options, cancellationToken);
        return After(given, problem, validation, options, cancellationToken);
    }

    /// <summary>The same, once λ has been chosen.</summary>
    internal L1Chosen After(
        L1Chosen chosen, LastLayerProblem problem, ValidationSet validation, LastLayerOptions? options, CancellationToken cancellationToken)
    {
        if (Fault is { } fault) throw new ArgumentException(fault);
        RegularisationPath path = RegularisationPath.Along(
            RegularisationPath.Geometric(Largest, Smallest, Count).Select(l1 => problem with { OwnClass = new OwnClassPenalty.Sparse(l1) })
                .Select(sparse => sparse with { L1 = Math.Max(chosen.L1, sparse.LeastL1) }),
            validation, (options ?? new()) with { Start = chosen.Solution.Weights }, cancellationToken);
        PathPoint point = Fewest([chosen.Point, .. path.Points], validation.Labels.Count);
        return new(point, point.Solution, new([.. chosen.Path.Points, .. path.Points]));
    }

    private static PathPoint Fewest(IReadOnlyList<PathPoint> points, int images)
    {
        double best = points.Max(point => point.ValidationAccuracy!.Value), error = Math.Sqrt(best * (1 - best) / images);
        return points.Where(point => point.ValidationAccuracy >= best - error)
            .OrderBy(point => point.Prototypes).ThenByDescending(point => point.ValidationAccuracy).ThenByDescending(point => point.OwnL1).First();
    }
}
