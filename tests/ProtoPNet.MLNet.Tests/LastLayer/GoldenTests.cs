using System.Text.Json;
using MathNet.Numerics.LinearAlgebra;
using ProtoPNet.MLNet.LastLayer;
using Xunit;

namespace ProtoPNet.MLNet.Tests.LastLayer;

public sealed class GoldenTests
{
    public static TheoryData<int> Problems => [0, 1, 2, 3, 4];

    [Theory]
    [MemberData(nameof(Problems))]
    public void The_optimum_lies_between_the_independent_bound_and_the_independent_objective(int index)
    {
        (LastLayerProblem problem, JsonElement expected) = GoldenProblem.Read(index);
        LastLayerSolution solution = LastLayerSolver.Solve(problem, cancellationToken: TestContext.Current.CancellationToken);

        LastLayerCertificate proof = solution.Certificate;
        Assert.Equal(StoppingReason.Converged, proof.Stopped);
        Assert.True(proof.RelativeGap <= 1e-6);
        // The file has the similarities to seven digits, so the independent bound is for a very slightly different problem.
        double bound = expected.GetProperty("dual_bound").GetDouble(), objective = expected.GetProperty("objective").GetDouble();
        Assert.InRange(proof.Objective, bound * (1 - 1e-7), objective * (1 + 1e-6));
        Assert.InRange(proof.DualBound, 0, objective);
        Assert.Equal(expected.GetProperty("train_accuracy").GetDouble(), proof.Accuracy, 1e-9);
        Assert.Equal(expected.GetProperty("off_class_zero_fraction").GetDouble(), proof.OffClassZeros / (double)proof.OffClassWeights, 0.01);
    }

    /// <summary>
    /// Independent of the solver: objective and bound of the returned weights from their definitions, in plain double arithmetic.
    /// </summary>
    [Theory]
    [MemberData(nameof(Problems))]
    public void The_certificate_is_what_the_definitions_give_for_the_weights(int index)
    {
        LastLayerProblem problem = GoldenProblem.Read(index).Problem;
        LastLayerSolution solution = LastLayerSolver.Solve(problem, cancellationToken: TestContext.Current.CancellationToken);
        (double objective, double bound) = ByDefinition(problem, solution.Weights);
        Assert.Equal(1, solution.Certificate.Objective / objective, 1e-12);
        // The solver's bound is for its weights in double; these are rounded to float, which affects the bound more than the objective.
        Assert.InRange(bound, objective * (1 - 3e-5), objective);
        Assert.InRange(solution.Certificate.DualBound, 0, objective);
    }

    private static (double Objective, double Bound) ByDefinition(LastLayerProblem problem, Matrix<float> weights)
    {
        int images = problem.Images, prototypes = problem.Prototypes, classes = problem.Classes;
        double ridge = ((OwnClassPenalty.TowardOne)problem.OwnClass).Ridge;
        double loss = 0, penalty = 0, conjugate = 0, most = 0, own = 0;
        var posterior = new double[images, classes];
        var gradient = new double[classes, prototypes];
        for (int i = 0; i < images; i++)
        {
            double[] z = [.. Enumerable.Range(0, classes).Select(
                k => Enumerable.Range(0, prototypes).Sum(j => (double)weights[k, j] * problem.Similarities[i, j]))];
            double largest = z.Max(), sum = z.Sum(x => Math.Exp(x - largest));
            loss += (largest + Math.Log(sum) - z[problem.Labels[i]]) / images;
            for (int k = 0; k < classes; k++)
            {
                posterior[i, k] = Math.Exp(z[k] - largest) / sum;
                double residual = (posterior[i, k] - (k == problem.Labels[i] ? 1 : 0)) / images;
                for (int j = 0; j < prototypes; j++) gradient[k, j] += residual * problem.Similarities[i, j];
            }
        }
        for (int k = 0; k < classes; k++)
        {
            for (int j = 0; j < prototypes; j++)
            {
                bool off = problem.PrototypeClasses[j] != k;
                penalty += off ? problem.L1 * Math.Abs(weights[k, j]) : ridge / 2 * Math.Pow((double)weights[k, j] - 1, 2);
                if (off) most = Math.Max(most, Math.Abs(gradient[k, j]));
            }
        }
        double c = Math.Min(1, problem.L1 / most);
        for (int k = 0; k < classes; k++)
            for (int j = 0; j < prototypes; j++)
                if (problem.PrototypeClasses[j] == k) own += c * gradient[k, j] - Math.Pow(c * gradient[k, j], 2) / (2 * ridge);
        for (int i = 0; i < images; i++)
        {
            for (int k = 0; k < classes; k++)
            {
                double q = c * posterior[i, k] + (k == problem.Labels[i] ? 1 - c : 0);
                if (q > 0) conjugate += q * Math.Log(q) / images;
            }
        }
        return (loss + penalty, own - conjugate);
    }

    [Fact]
    public void Without_a_ridge_it_stops_on_the_tolerance_and_says_that_no_minimum_was_attained()
    {
        LastLayerProblem problem = GoldenProblem.Read(0).Problem with { OwnClass = new OwnClassPenalty.TowardOne(0) };
        LastLayerCertificate proof = LastLayerSolver.Solve(problem, cancellationToken: TestContext.Current.CancellationToken).Certificate;
        Assert.Equal(StoppingReason.MinimumNotAttained, proof.Stopped);
        Assert.Equal(0, proof.DualBound);
        Assert.True(proof.Objective < 1e-3);
    }
}

internal static class GoldenProblem
{
    public static (LastLayerProblem Problem, JsonElement Expected) Read(int index)
    {
        JsonElement golden = Shared.Golden("last_layer.json");
        int images = golden.GetProperty("images").GetInt32(), prototypes = golden.GetProperty("prototypes").GetInt32();
        float[] rows = [.. golden.GetProperty("similarities_f32").EnumerateArray().Select(v => v.GetSingle())];
        int perClass = golden.GetProperty("prototypes_per_class").GetInt32();
        JsonElement expected = golden.GetProperty("problems")[index];
        var problem = new LastLayerProblem(
            Matrix<float>.Build.DenseOfRowMajor(images, prototypes, rows),
            [.. golden.GetProperty("labels").EnumerateArray().Select(v => v.GetInt32())],
            [.. Enumerable.Range(0, prototypes).Select(j => j / perClass)],
            golden.GetProperty("classes").GetInt32())
        {
            L1 = expected.GetProperty("lam").GetDouble(),
            OwnClass = new OwnClassPenalty.TowardOne(expected.GetProperty("mu").GetDouble()),
        };
        return (problem, expected);
    }
}
