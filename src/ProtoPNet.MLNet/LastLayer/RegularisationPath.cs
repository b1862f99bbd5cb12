using System.Globalization;
using System.Text;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>The solutions for several penalties from the largest to the smallest, each warm-started from the previous one.</summary>
/// <param name="Points">One point for each λ, largest λ first; then one for each λ_own, largest first, if that was chosen, too.</param>
public sealed record RegularisationPath(IReadOnlyList<PathPoint> Points)
{
    /// <summary>Solves <paramref name="problem"/> for each λ in <paramref name="l1"/>.</summary>
    /// <param name="problem">The problem; its own λ is not used.</param>
    /// <param name="l1">The values of λ, in any order; see <see cref="Geometric"/>.</param>
    /// <param name="validation">Images to report the accuracy on, or null.</param>
    /// <param name="options">Tolerance and limits of each solution; null for the defaults.</param>
    /// <param name="cancellationToken">Checked between Newton steps.</param>
    /// <exception cref="ArgumentException">No λ is given, or the problem, the validation set or an option is invalid.</exception>
    public static RegularisationPath Solve(
        LastLayerProblem problem, IEnumerable<double> l1, ValidationSet? validation = null, LastLayerOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        double[] values = [.. l1.OrderDescending()];
        if (values.Length == 0) throw new ArgumentException("A regularisation path needs at least one λ.", nameof(l1));
        return Along(values.Select(value => problem with { L1 = value }), validation, options, cancellationToken);
    }

    /// <summary>Solves each of several problems that differ in their penalties.</summary>
    internal static RegularisationPath Along(
        IEnumerable<LastLayerProblem> problems, ValidationSet? validation, LastLayerOptions? options, CancellationToken cancellationToken)
    {
        options ??= new LastLayerOptions();
        var points = new List<PathPoint>();
        foreach (LastLayerProblem problem in problems)
        {
            validation?.Check(problem);
            PathPoint point = PathPoint.At(problem, validation, options, cancellationToken);
            points.Add(point);
            options = options with { Start = point.Solution.Weights };
        }
        return new RegularisationPath(points);
    }

    /// <summary><paramref name="count"/> values from <paramref name="largest"/> down to <paramref name="smallest"/> in equal ratios.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Unless 0 &lt; smallest ≤ largest, and for fewer than two values.</exception>
    public static IReadOnlyList<double> Geometric(double largest, double smallest, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(smallest);
        ArgumentOutOfRangeException.ThrowIfLessThan(largest, smallest);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 2);
        return [.. Enumerable.Range(0, count).Select(i => largest * Math.Pow(smallest / largest, i / (count - 1.0)))];
    }

    /// <summary>The path as CSV with a header, one line per point; <c>own_l1</c> is empty where own-class weights are pulled toward 1.</summary>
    public string ToCsv()
    {
        var text = new StringBuilder(
            "l1,own_l1,objective,relative_gap,cross_entropy,connections,prototypes,train_accuracy,validation_accuracy,seconds\n");
        foreach (PathPoint point in Points)
        {
            LastLayerCertificate proof = point.Solution.Certificate;
            text.Append(CultureInfo.InvariantCulture, $"{point.L1:R},{point.OwnL1:R},{proof.Objective:R},{proof.RelativeGap:G3},")
                .Append(CultureInfo.InvariantCulture, $"{proof.CrossEntropy:R},{point.Connections},{point.Prototypes},")
                .Append(CultureInfo.InvariantCulture, $"{proof.Accuracy:F6},{point.ValidationAccuracy:F6},")
                .Append(CultureInfo.InvariantCulture, $"{proof.Elapsed.TotalSeconds:F3}\n");
        }
        return text.ToString();
    }
}

/// <summary>One point of a regularisation path.</summary>
/// <param name="L1">λ.</param>
/// <param name="OwnClass">The penalty on own-class weights.</param>
/// <param name="Solution">The optimum for them.</param>
/// <param name="ValidationAccuracy">Share of the validation images classified correctly, or null if there are none.</param>
public sealed record PathPoint(double L1, OwnClassPenalty OwnClass, LastLayerSolution Solution, double? ValidationAccuracy)
{
    /// <summary>λ_own; null if own-class weights are pulled toward 1.</summary>
    public double? OwnL1 => (OwnClass as OwnClassPenalty.Sparse)?.L1;

    /// <summary>Prototypes that have a weight other than 0.</summary>
    public int Prototypes { get; } = Solution.Used.Count;

    /// <summary>Off-class weights that are not zero.</summary>
    public int Connections => Solution.Certificate.Connections;

    internal static PathPoint At(
        LastLayerProblem problem, ValidationSet? validation, LastLayerOptions options, CancellationToken cancellationToken)
    {
        LastLayerSolution solution = LastLayerSolver.Solve(problem, options, cancellationToken);
        return new PathPoint(problem.L1, problem.OwnClass, solution, validation?.Accuracy(solution.Weights));
    }
}
