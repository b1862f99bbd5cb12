using CsCheck;
using MathNet.Numerics.LinearAlgebra;
using ProtoPNet.MLNet.LastLayer;
using Xunit;

namespace ProtoPNet.MLNet.Tests.LastLayer;

public sealed class OptimalityTests
{
    private static readonly LastLayerOptions Tight = new() { RelativeGap = 1e-8 };

    /// <remarks>In the second problem, moving a prototype's weights of all classes alike changes no probability.</remarks>
    [Theory]
    [InlineData("0000KOIKzL04")]
    [InlineData("b1L5_DoLzAF2")]
    public void At_the_optimum_no_weight_can_improve_the_objective(string firstProblem)
        => RandomProblem.Any.Sample(NoWeightCanImprove, iter: 100, threads: 1, seed: firstProblem);

    [Fact]
    public void At_the_optimum_a_ridge_by_share_is_that_of_each_class() => RandomProblem.Any.Sample(
        problem => NoWeightCanImprove(problem with { OwnClass = new OwnClassPenalty.TowardOneByShare(3e-2) }),
        iter: 50, threads: 1, seed: "0000KOIKzL04");

    private static void NoWeightCanImprove(LastLayerProblem problem)
    {
        LastLayerSolution solution = LastLayerSolver.Solve(problem, Tight, TestContext.Current.CancellationToken);
        // Weights are floats: occasionally a gap of 1e-8 is below their rounding.
        if (solution.Certificate.Stopped != StoppingReason.Converged)
        {
            Assert.Equal(StoppingReason.Stalled, solution.Certificate.Stopped);
            Assert.InRange(solution.Certificate.RelativeGap, 0, 1e-6);
            return;
        }

        // The optimality conditions from their definitions, in plain double arithmetic.
        double[,] gradient = Gradient(problem, solution.Weights);
        double[] shares = Shares(problem);
        for (int k = 0; k < problem.Classes; k++)
        {
            for (int j = 0; j < problem.Prototypes; j++)
            {
                double w = solution.Weights[k, j], g = gradient[k, j], price = Price(problem.OwnClass, shares[k]);
                double tolerance = 3e-2 * (problem.L1 + price);
                if (problem.PrototypeClasses[j] == k)
                {
                    double slope = g + (problem.OwnClass is OwnClassPenalty.Sparse ? price : price * (w - 1));
                    bool bounded = problem.Reasoning == Reasoning.PositiveOnly || problem.OwnClass is OwnClassPenalty.Sparse;
                    if (bounded) Assert.True(w >= 0);
                    if (bounded && w == 0) Assert.True(slope >= -tolerance);
                    else Assert.InRange(slope, -tolerance, tolerance);
                }
                else if (problem.Reasoning == Reasoning.PositiveOnly) Assert.Equal(0, w);
                else if (w == 0) Assert.InRange(Math.Abs(g), 0, problem.L1 + tolerance);
                else Assert.InRange(g + problem.L1 * Math.Sign(w), -tolerance, tolerance);
            }
        }
    }

    [Fact]
    public void Weights_at_the_bound_that_a_Newton_step_would_push_beyond_it_do_not_slow_it_down()
    {
        LastLayerProblem problem = RandomProblem.Make(classes: 2, perClass: 2, images: 7, seed: 149329) with
        {
            L1 = 1e-2,
            OwnClass = new OwnClassPenalty.TowardOne(1e-3),
            Reasoning = Reasoning.PositiveOnly,
        };
        LastLayerCertificate proof = LastLayerSolver.Solve(problem, Tight, TestContext.Current.CancellationToken).Certificate;
        Assert.Equal(StoppingReason.Converged, proof.Stopped);
        Assert.InRange(proof.Iterations, 1, 25);
    }

    [Fact]
    public void Steps_whose_gain_is_lost_in_rounding_still_close_the_gap()
    {
        LastLayerProblem problem = RandomProblem.Make(classes: 3, perClass: 3, images: 34, seed: 191965) with
        {
            L1 = 1e-4,
            OwnClass = new OwnClassPenalty.TowardOne(1e-3),
        };
        LastLayerCertificate proof = LastLayerSolver.Solve(problem, Tight, TestContext.Current.CancellationToken).Certificate;
        Assert.Equal(StoppingReason.Converged, proof.Stopped);
        Assert.InRange(proof.RelativeGap, 0, 1e-8);
    }

    [Fact]
    public void A_class_with_more_connections_than_a_block_holds_reaches_the_optimum()
    {
        // All 600 prototypes of each class are in play at the start.
        LastLayerProblem problem = RandomProblem.Make(classes: 2, perClass: 600, images: 200, seed: 1) with { OwnClass = new OwnClassPenalty.Sparse(1e-3) };
        LastLayerSolution solution = LastLayerSolver.Solve(problem, new() { RelativeGap = 1e-6 }, TestContext.Current.CancellationToken);
        Assert.Equal(StoppingReason.Converged, solution.Certificate.Stopped);
        Assert.InRange(solution.Certificate.RelativeGap, 0, 1e-6);
        Assert.InRange(solution.Certificate.Iterations, 1, 60);
    }

    [Fact]
    public void No_nearby_weights_have_an_objective_below_the_dual_bound() => RandomProblem.Any.Sample(problem =>
    {
        LastLayerSolution solution = LastLayerSolver.Solve(problem, new() { RelativeGap = 1e-3 }, TestContext.Current.CancellationToken);
        LastLayerCertificate proof = solution.Certificate;
        Assert.Equal(proof.Objective, LastLayerObjective.Of(problem, solution.Weights).Value, 1e-12);
        Assert.True(proof.DualBound <= proof.Objective);
        LastLayerSolution better = LastLayerSolver.Solve(problem, Tight, TestContext.Current.CancellationToken);
        Assert.True(better.Certificate.Objective >= proof.DualBound * (1 - 1e-12));
    }, iter: 30, threads: 1, seed: "b1L5_DoLzAF2");

    [Fact]
    public void MathNet_alone_finds_the_same_optimum_as_with_libtorch() => RandomProblem.Any.Sample(problem =>
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        double torch = LastLayerSolver.Solve(problem, Tight, new TorchProducts(), token).Certificate.Objective;
        double mathNet = LastLayerSolver.Solve(problem, Tight, new MathNetProducts(), token).Certificate.Objective;
        Assert.Equal(1, torch / mathNet, 1e-6);
    }, iter: 20, threads: 1, seed: "b1L5_DoLzAF2");

    [Fact]
    public void The_order_of_images_prototypes_and_classes_does_not_matter()
    {
        LastLayerProblem problem = RandomProblem.Make(classes: 4, perClass: 3, images: 90, seed: 7) with
        {
            L1 = 1e-3,
            OwnClass = new OwnClassPenalty.TowardOne(1e-2),
        };
        var random = new Random(3);
        int[] images = Shuffled(90), prototypes = Shuffled(12), classes = Shuffled(4);
        LastLayerProblem shuffled = problem with
        {
            Similarities = Matrix<float>.Build.Dense(90, 12, (i, j) => problem.Similarities[images[i], prototypes[j]]),
            Labels = [.. images.Select(i => classes[problem.Labels[i]])],
            PrototypeClasses = [.. prototypes.Select(j => classes[problem.PrototypeClasses[j]])],
        };
        Matrix<float> a = LastLayerSolver.Solve(problem, Tight, TestContext.Current.CancellationToken).Weights;
        Matrix<float> b = LastLayerSolver.Solve(shuffled, Tight, TestContext.Current.CancellationToken).Weights;
        for (int k = 0; k < 4; k++)
        {
            for (int j = 0; j < 12; j++)
            {
                Assert.Equal(a[k, prototypes[j]], b[classes[k], j], 1e-3);
                Assert.Equal(a[k, prototypes[j]] == 0, b[classes[k], j] == 0);
            }
        }

        int[] Shuffled(int count)
        {
            int[] order = [.. Enumerable.Range(0, count)];
            random.Shuffle(order);
            return order;
        }
    }

    [Fact]
    public void A_ridge_by_share_is_the_ridge_divided_by_the_number_of_equal_classes()
    {
        LastLayerProblem problem = RandomProblem.Make(classes: 4, perClass: 3, images: 80, seed: 5) with { L1 = 1e-3 };
        LastLayerSolution shared = LastLayerSolver.Solve(
            problem with { OwnClass = new OwnClassPenalty.TowardOneByShare(0.04) }, Tight, TestContext.Current.CancellationToken);
        LastLayerSolution each = LastLayerSolver.Solve(
            problem with { OwnClass = new OwnClassPenalty.TowardOne(0.01) }, Tight, TestContext.Current.CancellationToken);
        Assert.Equal(1, shared.Certificate.Objective / each.Certificate.Objective, 1e-12);
        Assert.Equal(each.Weights, shared.Weights);
    }

    [Fact]
    public void The_same_problem_gives_the_same_weights_bit_for_bit()
    {
        LastLayerProblem problem = GoldenProblem.Read(1).Problem;
        LastLayerSolution a = LastLayerSolver.Solve(problem, cancellationToken: TestContext.Current.CancellationToken);
        LastLayerSolution b = LastLayerSolver.Solve(problem, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(a.Weights, b.Weights);
    }

    [Fact]
    public void A_sample_weight_of_two_counts_like_the_image_given_twice()
    {
        LastLayerProblem once = RandomProblem.Make(3, 2, 30, 11) with { OwnClass = new OwnClassPenalty.TowardOne(1e-2), L1 = 1e-3 };
        LastLayerProblem weighted = once with { SampleWeights = [.. Enumerable.Range(0, 30).Select(i => i == 4 ? 2.0 : 1.0)] };
        LastLayerProblem twice = once with
        {
            Similarities = once.Similarities.InsertRow(30, once.Similarities.Row(4)),
            Labels = [.. once.Labels, once.Labels[4]],
        };
        double a = LastLayerSolver.Solve(weighted, Tight, TestContext.Current.CancellationToken).Certificate.Objective;
        double b = LastLayerSolver.Solve(twice, Tight, TestContext.Current.CancellationToken).Certificate.Objective;
        Assert.Equal(1, a / b, 1e-7);
    }

    /// <summary>μ, or λ_own or μ_own times the class's share.</summary>
    private static double Price(OwnClassPenalty penalty, double share) => penalty switch
    {
        OwnClassPenalty.Sparse sparse => sparse.L1 * share,
        OwnClassPenalty.TowardOneByShare shared => shared.Ridge * share,
        _ => ((OwnClassPenalty.TowardOne)penalty).Ridge,
    };

    /// <summary>Each class's share of the images, by weight, from its definition.</summary>
    internal static double[] Shares(LastLayerProblem problem)
    {
        double[] weights = [.. problem.Labels.Select((k, i) => (problem.SampleWeights?[i] ?? 1) * (problem.ClassWeights?[k] ?? 1))];
        return [.. Enumerable.Range(0, problem.Classes).Select(k => weights.Where((_, i) => problem.Labels[i] == k).Sum() / weights.Sum())];
    }

    internal static double[,] Gradient(LastLayerProblem problem, Matrix<float> weights)
    {
        double[] sampleWeights = [.. Enumerable.Range(0, problem.Images).Select(i =>
            (problem.SampleWeights?[i] ?? 1) * (problem.ClassWeights?[problem.Labels[i]] ?? 1))];
        double total = sampleWeights.Sum();
        var gradient = new double[problem.Classes, problem.Prototypes];
        for (int i = 0; i < problem.Images; i++)
        {
            double[] logits = [.. Enumerable.Range(0, problem.Classes).Select(k =>
                Enumerable.Range(0, problem.Prototypes).Sum(j => (double)weights[k, j] * problem.Similarities[i, j]))];
            double most = logits.Max(), sum = logits.Sum(z => Math.Exp(z - most));
            for (int k = 0; k < problem.Classes; k++)
            {
                double residual = Math.Exp(logits[k] - most) / sum - (problem.Labels[i] == k ? 1 : 0);
                for (int j = 0; j < problem.Prototypes; j++) gradient[k, j] += sampleWeights[i] / total * residual * problem.Similarities[i, j];
            }
        }
        return gradient;
    }
}
