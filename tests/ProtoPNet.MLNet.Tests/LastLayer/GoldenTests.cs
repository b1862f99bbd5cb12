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
        // The file holds the similarities to seven digits, so the independent bound is one of a very slightly different problem.
        double bound = expected.GetProperty("dual_bound").GetDouble(), objective = expected.GetProperty("objective").GetDouble();
        Assert.InRange(proof.Objective, bound * (1 - 1e-7), objective * (1 + 1e-6));
        Assert.InRange(proof.DualBound, 0, objective);
        Assert.Equal(expected.GetProperty("train_accuracy").GetDouble(), proof.Accuracy, 1e-9);
    }

    [Fact]
    public void Without_a_ridge_it_stops_on_the_tolerance_and_says_that_no_minimum_was_attained()
    {
        LastLayerProblem problem = GoldenProblem.Read(0).Problem with { Ridge = 0 };
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
            Ridge = expected.GetProperty("mu").GetDouble(),
        };
        return (problem, expected);
    }
}
