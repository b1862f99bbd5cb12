using System.Text.Json.Serialization;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>
/// How λ, the penalty on off-class connections, is chosen: given, by validation, or by the number of connections wanted. With
/// <see cref="OwnClassPenalty.Sparse"/>, a λ below the price of an own-class weight (λ_own times the largest class's share of the images) is raised to it:
/// were connections between classes cheaper, they would take the place of own-class weights, which carry the explanations.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "by")]
[JsonDerivedType(typeof(Fixed), "value")]
[JsonDerivedType(typeof(ByValidation), "validation")]
[JsonDerivedType(typeof(ByConnections), "connections")]
public abstract record L1Choice
{
    private L1Choice()
    {
    }

    /// <summary>Whether a validation set is needed.</summary>
    [JsonIgnore]
    public virtual bool NeedsValidation => false;

    /// <summary>Why the choice is invalid; null if it is valid.</summary>
    internal abstract string? Fault { get; }

    /// <summary>Solves <paramref name="problem"/> for the λ that this choice picks.</summary>
    /// <param name="problem">The problem; its own λ is not used.</param>
    /// <param name="validation">Validation images; required if <see cref="NeedsValidation"/>.</param>
    /// <param name="options">Tolerance and limits of each solution; null for the defaults.</param>
    /// <param name="cancellationToken">Checked between Newton steps.</param>
    /// <exception cref="ArgumentException">A validation set is needed but absent, or an argument is invalid.</exception>
    public L1Chosen Solve(
        LastLayerProblem problem, ValidationSet? validation = null, LastLayerOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (Fault is { } fault) throw new ArgumentException(fault);
        LastLayerProblemCheck.Check(problem);
        return Choose(problem, validation, options ?? new LastLayerOptions(), cancellationToken);
    }

    private protected abstract L1Chosen Choose(
        LastLayerProblem problem, ValidationSet? validation, LastLayerOptions options, CancellationToken cancellationToken);

    /// <summary>A given λ.</summary>
    /// <param name="L1">λ, at least 0; the paper's is 1e-4.</param>
    public sealed record Fixed(double L1 = 1e-4) : L1Choice
    {
        internal override string? Fault => L1 >= 0 && double.IsFinite(L1) ? null : $"λ is {L1}; it must be 0 or a finite number above 0.";

        private protected override L1Chosen Choose(
            LastLayerProblem problem, ValidationSet? validation, LastLayerOptions options, CancellationToken cancellationToken)
            => Of(RegularisationPath.Solve(problem, [Math.Max(L1, problem.LeastL1)], validation, options, cancellationToken), path => path[0]);
    }

    /// <summary>The λ of a path with the best validation accuracy; of several, the one with the fewest connections.</summary>
    /// <param name="Largest">The largest λ.</param>
    /// <param name="Smallest">The smallest λ, above 0.</param>
    /// <param name="Count">The number of values, at equal ratios.</param>
    public sealed record ByValidation(double Largest = 1e-2, double Smallest = 1e-5, int Count = 13) : L1Choice
    {
        /// <inheritdoc/>
        [JsonIgnore]
        public override bool NeedsValidation => true;

        internal override string? Fault => PathFault(Largest, Smallest)
            ?? (Count is >= 2 and <= 1000 ? null : $"{nameof(Count)} is {Count}; the number of values of λ must be from 2 to 1000.");

        private protected override L1Chosen Choose(
            LastLayerProblem problem, ValidationSet? validation, LastLayerOptions options, CancellationToken cancellationToken)
        {
            if (validation is null)
                throw new ArgumentException("λ is to be chosen by validation, but there is no validation set. Set one aside, or use a fixed λ.");
            double least = problem.LeastL1;
            double[] values = [.. RegularisationPath.Geometric(Largest, Smallest, Count).Select(l1 => Math.Max(l1, least)).Distinct()];
            return Of(RegularisationPath.Solve(problem, values, validation, options, cancellationToken),
                path => path.OrderByDescending(p => p.ValidationAccuracy).ThenBy(p => p.Connections).ThenByDescending(p => p.L1).First());
        }
    }

    /// <summary>The smallest λ, to within a few percent, that leaves at most a given number of off-class connections.</summary>
    /// <param name="Most">The largest number of non-zero off-class weights.</param>
    /// <param name="Largest">The largest λ to try.</param>
    /// <param name="Smallest">The smallest λ to try, above 0.</param>
    public sealed record ByConnections(int Most, double Largest = 1e-1, double Smallest = 1e-6) : L1Choice
    {
        private const double Ratio = 2;
        private const int Bisections = 5;

        internal override string? Fault => PathFault(Largest, Smallest)
            ?? (Most >= 0 ? null : $"{nameof(Most)} is {Most}; the largest number of connections must be at least 0.");

        private protected override L1Chosen Choose(
            LastLayerProblem problem, ValidationSet? validation, LastLayerOptions options, CancellationToken cancellationToken)
        {
            validation?.Check(problem);
            double smallest = Math.Max(Smallest, problem.LeastL1), few = Math.Max(Largest, smallest), many = 0;
            var points = new List<PathPoint> { PathPoint.At(problem with { L1 = few }, validation, options, cancellationToken) };
            while (many == 0 && few > smallest) Look(Math.Max(smallest, few / Ratio));
            for (int i = 0; i < Bisections && many > 0; i++) Look(Math.Sqrt(few * many));
            return Of(new RegularisationPath([.. points.OrderByDescending(p => p.L1)]),
                path => path.Where(p => p.Connections <= Most).MinBy(p => p.L1) ?? path[0]);

            void Look(double l1)
            {
                LastLayerOptions warm = options with { Start = points.MinBy(p => Math.Abs(Math.Log(p.L1 / l1)))!.Solution.Weights };
                PathPoint point = PathPoint.At(problem with { L1 = l1 }, validation, warm, cancellationToken);
                points.Add(point);
                if (point.Connections <= Most) few = l1;
                else many = l1;
            }
        }
    }

    private static string? PathFault(double largest, double smallest)
        => smallest > 0 && smallest <= largest && double.IsFinite(largest) ? null
            : $"λ is searched from {smallest} to {largest}; both must be finite numbers above 0, the second at least the first.";

    private static L1Chosen Of(RegularisationPath path, Func<IReadOnlyList<PathPoint>, PathPoint> choose)
    {
        PathPoint chosen = choose(path.Points);
        return new L1Chosen(chosen, chosen.Solution, path);
    }
}

/// <summary>What an <see cref="L1Choice"/> picked, and perhaps a <see cref="SparseByValidation"/> after it.</summary>
/// <param name="Point">The chosen point of the path.</param>
/// <param name="Solution">The optimum for its penalties: the point's, unless it was solved again with the held-out images added.</param>
/// <param name="Path">All penalties that were tried.</param>
public sealed record L1Chosen(PathPoint Point, LastLayerSolution Solution, RegularisationPath Path)
{
    /// <summary>The chosen λ.</summary>
    public double L1 => Point.L1;

    /// <summary>The penalty on own-class weights.</summary>
    public OwnClassPenalty OwnClass => Point.OwnClass;
}
