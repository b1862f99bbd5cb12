using MathNet.Numerics.LinearAlgebra;
using ProtoPNet.MLNet.LastLayer;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>
/// The convex last layer on synthetic data of any size: <c>last-layer --images 5994 --prototypes 2000 --classes 200</c>; <c>--views 30</c> for 30
/// views of each image; <c>--own-l1 0.01</c> for sparse own-class weights; <c>--provider mathnet</c> without libtorch. Small problems are solved
/// repeatedly, since the first run compiles: <c>--runs</c> is the total number.
/// </summary>
internal static class LastLayerBenchmark
{
    private const long Small = 1_000_000;

    public static object Run(Arguments arguments)
    {
        LastLayerProblem problem = Problem(arguments).Problem;
        long numbers = (long)problem.Images * problem.Prototypes;
        double before = Memory.NowMB(), similaritiesMB = Math.Round(4 * numbers / (double)(1 << 20), 1);
        Console.WriteLine($"similarities {problem.Images} x {problem.Prototypes}: {similaritiesMB} MB, {before} MB held");
        var options = new LastLayerOptions { RelativeGap = arguments.Double("gap", 1e-6), Progress = new Lines() };
        IDenseProducts products = Provider(arguments);
        LastLayerSolution Solve() => LastLayerSolver.Solve(problem, options, products, CancellationToken.None);
        LastLayerSolution solution = Solve();
        LastLayerCertificate proof = solution.Certificate;
        Console.WriteLine(proof);
        int again = arguments.Int("runs", numbers <= Small ? 6 : 1) - 1;
        double? warm = again == 0 ? null : Enumerable.Range(0, again).Min(_ => Solve().Certificate.Elapsed.TotalSeconds);
        return new
        {
            seconds = Math.Round(proof.Elapsed.TotalSeconds, 2),
            warmSeconds = warm is { } best ? Math.Round(best, 4) : (double?)null,
            relativeGap = proof.RelativeGap,
            iterations = proof.Iterations,
            offClassZeros = proof.OffClassZeros,
            usedPrototypes = solution.Used.Count,
            peakMemoryMB = Memory.PeakMB(),
            similaritiesMB,
            peakBeyondSimilaritiesMB = Math.Round(Memory.PeakMB() - similaritiesMB, 1),
            beforeMB = before,
            objective = proof.Objective,
            accuracy = proof.Accuracy,
            provider = products.GetType().Name,
        };
    }

    /// <summary>A synthetic problem of the requested size.</summary>
    internal static (MadeSimilarities Made, LastLayerProblem Problem) Problem(Arguments arguments)
    {
        int classes = arguments.Int("classes", 200), prototypes = arguments.Int("prototypes", 10 * classes);
        var made = new MadeSimilarities(prototypes, classes);
        (Matrix<float> similarities, int[] labels) = made.Photographs(
            arguments.Int("images", 30 * classes), training: true, seed: 2, arguments.Int("views", 1));
        return (made, new LastLayerProblem(similarities, labels, made.PrototypeClasses, classes)
        {
            L1 = arguments.Double("l1", 1e-4),
            OwnClass = arguments.Double("own-l1", 0) is > 0 and var l1
                ? new OwnClassPenalty.Sparse(l1) : new OwnClassPenalty.TowardOne(arguments.Double("ridge", 1e-4)),
        });
    }

    /// <summary><c>--provider best|mathnet</c>: the provider of dense matrix products; best is libtorch if it can be loaded.</summary>
    private static IDenseProducts Provider(Arguments arguments) => arguments.Text("provider", "best") switch
    {
        "best" => DenseProducts.Best(),
        "mathnet" => new MathNetProducts(),
        string other => throw new ArgumentException($"--provider is '{other}'; it can be 'best' or 'mathnet'."),
    };

    private sealed class Lines : IProgress<LastLayerProgress>
    {
        public void Report(LastLayerProgress value) => Console.WriteLine(
            $"{value.Iteration,4}  objective {value.Objective:E6}  gap {value.RelativeGap:E2}  connections {value.Connections,7}  "
            + $"{value.Elapsed.TotalSeconds,7:F2} s");
    }
}
