using MathNet.Numerics.LinearAlgebra;
using ProtoPNet.MLNet.LastLayer;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>
/// Prototypes in use, connections and held-out accuracy over λ and λ_own, on synthetic data: <c>last-layer-own --images 1500 --classes 50</c>;
/// <c>--most 0.03 --least 0.001 --count 4</c> for λ, <c>--own-most</c>, <c>--own-least</c> and <c>--own-count</c> for λ_own.
/// </summary>
internal static class LastLayerOwnBenchmark
{
    public static object Run(Arguments arguments)
    {
        (MadeSimilarities made, LastLayerProblem problem) = LastLayerBenchmark.Problem(arguments);
        (Matrix<float> similarities, int[] labels) = made.Photographs(arguments.Int("held-out", 3000), training: false, seed: 3);
        var validation = new ValidationSet(similarities, labels);
        var points = new List<object>();
        foreach (double l1 in Values(arguments, "", 1e-2, 1e-4, 3))
        {
            Add(l1, new OwnClassPenalty.TowardOne());
            foreach (double own in Values(arguments, "own-", 0.3, 1e-3, 6)) Add(l1, new OwnClassPenalty.Sparse(own));
        }
        return new { points };

        void Add(double l1, OwnClassPenalty own)
        {
            LastLayerSolution solution = LastLayerSolver.Solve(problem with { L1 = l1, OwnClass = own });
            LastLayerCertificate proof = solution.Certificate;
            double accuracy = validation.Accuracy(solution.Weights);
            int ownWeights = Enumerable.Range(0, problem.Prototypes).Count(j => solution.Weights[problem.PrototypeClasses[j], j] != 0);
            double? price = (own as OwnClassPenalty.Sparse)?.L1;
            points.Add(new { l1, ownL1 = price, prototypes = solution.Used.Count, ownWeights, connections = proof.Connections, accuracy });
            Console.WriteLine($"λ {l1:G3}  λ_own {price,-8:G3}  prototypes {solution.Used.Count,5}  own weights {ownWeights,5}  "
                + $"connections {proof.Connections,6}  held out {accuracy:P1}  {proof.Iterations} steps  gap {proof.RelativeGap:E1}  "
                + $"{proof.Elapsed.TotalSeconds:F2} s");
        }
    }

    private static IReadOnlyList<double> Values(Arguments arguments, string prefix, double most, double least, int count)
        => RegularisationPath.Geometric(
            arguments.Double($"{prefix}most", most), arguments.Double($"{prefix}least", least), arguments.Int($"{prefix}count", count));
}
