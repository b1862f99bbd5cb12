using MathNet.Numerics.LinearAlgebra;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Randomness;
using Xunit;

namespace ProtoPNet.MLNet.Tests.LastLayer;

/// <summary>Features that belong to every class: logistic regression with a ridge.</summary>
public class EveryClassTests
{
    private const int Images = 60, Features = 5, Classes = 3;
    private const double Ridge = 0.05;

    [Fact]
    public void The_solution_is_that_of_logistic_regression_with_a_ridge()
    {
        LastLayerProblem problem = Problem();
        LastLayerSolution solution = LastLayerSolver.Solve(problem, new() { RelativeGap = 1e-9 }, TestContext.Current.CancellationToken);
        Assert.Equal(StoppingReason.Converged, solution.Certificate.Stopped);
        Assert.Equal((0, 0), (solution.Certificate.OffClassWeights, solution.Certificate.Connections));

        // At the optimum, the gradient of the cross entropy and that of the ridge, computed here from their definitions, cancel out.
        for (int k = 0; k < Classes; k++)
            for (int j = 0; j < Features; j++)
            {
                double gradient = Ridge * (solution.Weights[k, j] - 1);
                for (int i = 0; i < Images; i++) gradient += (Probability(problem, solution, i, k) - (problem.Labels[i] == k ? 1 : 0)) * problem.Similarities[i, j] / Images;
                Assert.Equal(0, gradient, 1e-4);
            }
        // What all classes have in common stays as it was.
        for (int j = 0; j < Features; j++) Assert.Equal(Classes, solution.Weights.Column(j).Sum(), 1e-3f);
    }

    [Fact]
    public void They_do_not_mix_with_prototypes()
    {
        LastLayerProblem problem = Problem() with { PrototypeClasses = [0, 1, 2, 0, LastLayerProblem.EveryClass] };
        Assert.Throws<ArgumentException>(() => LastLayerSolver.Solve(problem, null, TestContext.Current.CancellationToken));
    }

    private static LastLayerProblem Problem()
    {
        var random = new DeterministicRandom(3);
        int[] labels = [.. Enumerable.Range(0, Images).Select(i => i % Classes)];
        var features = Matrix<float>.Build.Dense(Images, Features, (i, j) => (float)(random.Normal() + (labels[i] == j ? 1 : 0)));
        return new(features, labels, [.. Enumerable.Repeat(LastLayerProblem.EveryClass, Features)], Classes)
        {
            OwnClass = new OwnClassPenalty.TowardOne(Ridge),
        };
    }

    private static double Probability(LastLayerProblem problem, LastLayerSolution solution, int image, int label)
    {
        double[] odds = [.. Enumerable.Range(0, Classes).Select(k
            => Math.Exp(Enumerable.Range(0, Features).Sum(j => (double)solution.Weights[k, j] * problem.Similarities[image, j])))];
        return odds[label] / odds.Sum();
    }
}
