using CsCheck;
using MathNet.Numerics.LinearAlgebra;
using ProtoPNet.MLNet.LastLayer;
using Xunit;

namespace ProtoPNet.MLNet.Tests.LastLayer;

/// <summary>Image weights act like repetitions, in the objective, at the optimum and in the certificate.</summary>
public sealed class WeightTests
{
    private static readonly LastLayerOptions Tight = new() { RelativeGap = 1e-8 };

    private static readonly Gen<(LastLayerProblem Problem, int[] Times, int Seed)> Counted =
        from problem in RandomProblem.Any
        from times in Gen.Int[1, 3].Array[problem.Images]
        from seed in Gen.Int[0, 1000]
        select (problem with { ClassWeights = null, SampleWeights = null }, times, seed);

    [Fact]
    public void Integer_weights_are_rows_given_several_times() => Counted.Sample(sample =>
    {
        (LastLayerProblem problem, int[] times, int seed) = sample;
        LastLayerProblem weighted = problem with { SampleWeights = [.. times.Select(t => (double)t)] };
        LastLayerProblem repeated = Rows(problem, [.. Enumerable.Range(0, problem.Images).SelectMany(i => Enumerable.Repeat(i, times[i]))]);
        Same(weighted, repeated, seed);
    }, iter: 60, threads: 1, seed: "0000KOIKzL04");

    [Fact]
    public void A_weight_of_zero_is_a_row_left_out() => Counted.Sample(sample =>
    {
        (LastLayerProblem problem, int[] times, int seed) = sample;
        // The first image of each class is kept, so that no class is empty.
        int[] kept = [.. Enumerable.Range(0, problem.Images).Where(i => i < problem.Classes || times[i] > 1)];
        LastLayerProblem weighted = problem with { SampleWeights = [.. Enumerable.Range(0, problem.Images).Select(i => kept.Contains(i) ? 1.0 : 0)] };
        Same(weighted, Rows(problem, kept), seed);
    }, iter: 60, threads: 1, seed: "0000KOIKzL04");

    [Theory]
    [InlineData(0.3)]
    [InlineData(7)]
    public void Equal_weights_equal_no_weights_bit_for_bit(double weight)
    {
        LastLayerProblem problem = RandomProblem.Make(classes: 3, perClass: 3, images: 61, seed: 4) with
        {
            L1 = 1e-3,
            OwnClass = new OwnClassPenalty.TowardOne(1e-2),
        };
        LastLayerProblem weighted = problem with { SampleWeights = [.. Enumerable.Repeat(weight, 61)], ClassWeights = [2, 2, 2] };
        LastLayerSolution a = Solve(problem, new MathNetProducts()), b = Solve(weighted, new MathNetProducts());
        Assert.Equal(a.Weights, b.Weights);
        Assert.Equal(a.Certificate with { Elapsed = default }, b.Certificate with { Elapsed = default });
    }

    [Fact]
    public void Class_weights_are_weights_of_their_images() => Counted.Sample(sample =>
    {
        (LastLayerProblem problem, int[] times, int seed) = sample;
        double[] classes = [.. Enumerable.Range(0, problem.Classes).Select(k => times[k] * 0.7)];
        Same(problem with { ClassWeights = classes }, problem with { SampleWeights = [.. problem.Labels.Select(k => classes[k])] }, seed);
    }, iter: 20, threads: 1, seed: "0000KOIKzL04");

    [Fact]
    public void Balanced_weights_find_the_images_of_a_rare_class()
    {
        // Three overlapping classes, one of them twenty times rarer than the others.
        int[] images = [200, 200, 10];
        LastLayerProblem problem = Overlapping(images, seed: 1) with { L1 = 1e-3, OwnClass = new OwnClassPenalty.TowardOne(1e-2) };
        LastLayerProblem fresh = Overlapping([200, 200, 200], seed: 2);
        double[] weights = ClassWeights.Balanced.For(["a", "b", "c"], [.. images.Select(n => (double)n)]);
        Assert.Equal([410 / 600.0, 410 / 600.0, 410 / 30.0], weights);

        LastLayerSolution plain = Solve(problem, new MathNetProducts());
        LastLayerSolution balanced = Solve(problem with { ClassWeights = weights }, new MathNetProducts());
        double[] before = Recalls(fresh, plain.Weights), after = Recalls(fresh, balanced.Weights);
        Assert.Equal((StoppingReason.Converged, StoppingReason.Converged), (plain.Certificate.Stopped, balanced.Certificate.Stopped));
        Assert.True(after[2] > before[2] + 0.2, $"recall of the rare class {before[2]:P1} before, {after[2]:P1} after");
        Assert.True(after.Average() > before.Average() + 0.05, $"mean recall {before.Average():P1} before, {after.Average():P1} after");
    }

    /// <summary>The same objective everywhere, and optima that agree to within their proven gaps, with both providers of products.</summary>
    private static void Same(LastLayerProblem a, LastLayerProblem b, int seed)
    {
        var random = new Random(seed);
        var anywhere = Matrix<float>.Build.Dense(a.Classes, a.Prototypes, (_, _) => (float)(2 * random.NextDouble() - 0.7));
        LastLayerObjective there = LastLayerObjective.Of(a, anywhere), same = LastLayerObjective.Of(b, anywhere);
        Assert.Equal(1, there.Value / same.Value, 1e-12);
        Assert.Equal(there.CrossEntropy, same.CrossEntropy, 1e-12 * (1 + there.CrossEntropy));
        foreach (IDenseProducts products in (IDenseProducts[])[new MathNetProducts(), new TorchProducts()])
        {
            LastLayerCertificate x = Solve(a, products).Certificate, y = Solve(b, products).Certificate;
            // Each bound also holds for the other's optimum, since the problem is the same.
            Assert.True(x.DualBound <= y.Objective * (1 + 1e-12) && y.DualBound <= x.Objective * (1 + 1e-12));
            Assert.InRange(x.RelativeGap, 0, 1e-6);
            Assert.InRange(y.RelativeGap, 0, 1e-6);
            Assert.Equal(1, x.Objective / y.Objective, Math.Max(x.RelativeGap, y.RelativeGap) + 1e-12);
        }
    }

    private static LastLayerSolution Solve(LastLayerProblem problem, IDenseProducts products)
        => LastLayerSolver.Solve(problem, Tight, products, TestContext.Current.CancellationToken);

    private static LastLayerProblem Rows(LastLayerProblem problem, int[] rows) => problem with
    {
        Similarities = Matrix<float>.Build.Dense(rows.Length, problem.Prototypes, (i, j) => problem.Similarities[rows[i], j]),
        Labels = [.. rows.Select(i => problem.Labels[i])],
    };

    /// <summary>Two prototypes per class; images are somewhat nearer to their own.</summary>
    private static LastLayerProblem Overlapping(int[] images, int seed)
    {
        var random = new Random(seed);
        int[] labels = [.. images.SelectMany((n, k) => Enumerable.Repeat(k, n))];
        var similarities = Matrix<float>.Build.Dense(labels.Length, 2 * images.Length, (i, j) =>
            (float)(1 + (labels[i] == j / 2 ? 0.8 : 0) + 2 * random.NextDouble()));
        return new(similarities, labels, [.. Enumerable.Range(0, 2 * images.Length).Select(j => j / 2)], images.Length);
    }

    private static double[] Recalls(LastLayerProblem images, Matrix<float> weights)
    {
        Matrix<float> logits = images.Similarities.TransposeAndMultiply(weights);
        return [.. Enumerable.Range(0, images.Classes).Select(k => images.Labels.Index().Where(l => l.Item == k)
            .Average(l => logits.Row(l.Index).MaximumIndex() == k ? 1.0 : 0))];
    }
}
