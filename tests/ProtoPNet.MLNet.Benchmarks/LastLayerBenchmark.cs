using MathNet.Numerics.LinearAlgebra;
using ProtoPNet.MLNet.LastLayer;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>The convex last layer on made similarities of any size: <c>last-layer --images 5994 --prototypes 2000 --classes 200</c>;
/// <c>--runs 3</c> reports the quickest of three runs.</summary>
internal static class LastLayerBenchmark
{
    public static object Run(Arguments arguments)
    {
        LastLayerProblem problem = Problem(arguments).Problem;
        double before = Memory.NowMB();
        var progress = new Lines();
        var options = new LastLayerOptions { RelativeGap = arguments.Double("gap", 1e-6), Progress = progress };
        IDenseProducts products = Products(arguments);
        LastLayerSolution solution = Best(() => LastLayerSolver.Solve(problem, options, products, CancellationToken.None), arguments.Int("runs", 1));
        LastLayerCertificate proof = solution.Certificate;
        Console.WriteLine(proof);
        return new
        {
            seconds = Math.Round(proof.Elapsed.TotalSeconds, 2),
            relativeGap = proof.RelativeGap,
            iterations = proof.Iterations,
            offClassZeros = proof.OffClassZeros,
            peakMemoryMB = Memory.PeakMB(),
            beforeMB = before,
            objective = proof.Objective,
            accuracy = proof.Accuracy,
        };
    }

    /// <summary>A made problem of the size that the arguments ask for.</summary>
    internal static (MadeSimilarities Made, LastLayerProblem Problem) Problem(Arguments arguments)
    {
        int classes = arguments.Int("classes", 200), prototypes = arguments.Int("prototypes", 10 * classes);
        var made = new MadeSimilarities(prototypes, classes);
        (Matrix<float> similarities, int[] labels) = made.Photographs(arguments.Int("images", 30 * classes), training: true, seed: 2);
        return (made, new LastLayerProblem(similarities, labels, made.PrototypeClasses, classes)
        {
            L1 = arguments.Double("l1", 1e-4),
            Ridge = arguments.Double("ridge", 1e-4),
        });
    }

    /// <summary><c>--products torch|mathnet</c>: who multiplies the dense matrices.</summary>
    private static IDenseProducts Products(Arguments arguments) => arguments.Text("products", "torch") switch
    {
        "torch" => DenseProducts.Best(),
        "mathnet" => new MathNetProducts(),
        string other => throw new ArgumentException($"--products is '{other}'; it can be 'torch' or 'mathnet'."),
    };

    /// <summary>The quickest of several runs, so that the first, which compiles, does not count.</summary>
    private static LastLayerSolution Best(Func<LastLayerSolution> solve, int runs)
        => Enumerable.Range(0, runs).Select(_ => solve()).MinBy(s => s.Certificate.Elapsed)!;

    private sealed class Lines : IProgress<LastLayerProgress>
    {
        public void Report(LastLayerProgress value) => Console.WriteLine(
            $"{value.Iteration,4}  objective {value.Objective:E6}  gap {value.RelativeGap:E2}  connections {value.Connections,7}  "
            + $"{value.Elapsed.TotalSeconds,7:F2} s");
    }
}
