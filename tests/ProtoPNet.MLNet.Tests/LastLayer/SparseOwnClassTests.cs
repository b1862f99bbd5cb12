using MathNet.Numerics.LinearAlgebra;
using ProtoPNet.MLNet.LastLayer;
using Xunit;

namespace ProtoPNet.MLNet.Tests.LastLayer;

/// <summary>The own-class ℓ₁ penalty: optimum, certificate, scale, choice and unused prototypes. Optimality conditions: OptimalityTests.</summary>
public sealed class SparseOwnClassTests
{
    private static readonly LastLayerOptions Tight = new() { RelativeGap = 1e-9 };

    private static readonly LastLayerProblem Small = RandomProblem.Make(classes: 3, perClass: 4, images: 60, seed: 12) with
    {
        L1 = 3e-3,
        OwnClass = new OwnClassPenalty.Sparse(0.03),
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(3e-3, 0.03, Reasoning.PositiveAndNegative)]
    [InlineData(1e-2, 0.003, Reasoning.PositiveAndNegative)]
    [InlineData(1e-3, 0.1, Reasoning.PositiveAndNegative)]
    [InlineData(1e-2, 0.03, Reasoning.PositiveOnly)]
    public void The_optimum_is_that_of_projected_proximal_gradients(double l1, double own, Reasoning reasoning)
    {
        LastLayerProblem problem = Small with
        {
            L1 = l1,
            OwnClass = new OwnClassPenalty.Sparse(own),
            Reasoning = reasoning,
            ClassWeights = [1, 2, 3],
        };
        LastLayerSolution solution = LastLayerSolver.Solve(problem, Tight, Token);
        double[,] slow = ProximalGradients(problem, steps: 100_000);
        double objective = Objective(problem, slow);
        Assert.Equal(1, solution.Certificate.Objective / objective, 1e-7);
        Assert.Equal(solution.Certificate.Objective, Objective(problem, Doubles(solution.Weights)), 1e-12);
        Assert.True(solution.Certificate.DualBound <= objective);
        for (int k = 0; k < problem.Classes; k++)
            for (int j = 0; j < problem.Prototypes; j++) Assert.Equal(slow[k, j], solution.Weights[k, j], 2e-3);
    }

    [Fact]
    public void The_certificate_is_what_the_definitions_give_for_the_weights()
    {
        LastLayerProblem problem = GoldenProblem.Read(0).Problem with { L1 = 3e-3, OwnClass = new OwnClassPenalty.Sparse(0.03) };
        LastLayerCertificate proof = LastLayerSolver.Solve(problem, Tight, Token).Certificate;
        Assert.Equal(StoppingReason.Converged, proof.Stopped);
        Matrix<float> weights = LastLayerSolver.Solve(problem, Tight, Token).Weights;

        // −Σ q log q, for q = c p + (1 − c) e_y scaled so that its gradient stays within the prices.
        double[,] gradient = OptimalityTests.Gradient(problem, weights);
        double[] shares = OptimalityTests.Shares(problem);
        double c = 1;
        for (int k = 0; k < problem.Classes; k++)
        {
            for (int j = 0; j < problem.Prototypes; j++)
            {
                bool own = problem.PrototypeClasses[j] == k;
                double excess = own ? -gradient[k, j] / (0.03 * shares[k]) : Math.Abs(gradient[k, j]) / problem.L1;
                if (excess > 1) c = Math.Min(c, 1 / excess);
            }
        }
        double bound = 0;
        for (int i = 0; i < problem.Images; i++)
        {
            double[] p = Posterior(problem, Doubles(weights), i);
            for (int k = 0; k < problem.Classes; k++)
            {
                double q = c * p[k] + (k == problem.Labels[i] ? 1 - c : 0);
                if (q > 0) bound -= q * Math.Log(q) / problem.Images;
            }
        }
        double objective = Objective(problem, Doubles(weights));
        Assert.Equal(1, proof.Objective / objective, 1e-10);
        Assert.InRange(bound, objective * (1 - 3e-5), objective);
        Assert.InRange(proof.DualBound, objective * (1 - 1e-8), objective);
    }

    [Fact]
    public void Weights_that_are_all_zero_classify_everything_as_the_first_class()
    {
        Assert.Equal(1.0 / 3, LastLayerObjective.Of(Small, Matrix<float>.Build.Dense(3, 12)).Accuracy, 1e-12);
        LastLayerCertificate none = LastLayerSolver.Solve(Small with { L1 = 10, OwnClass = new OwnClassPenalty.Sparse(10) }, null, Token).Certificate;
        Assert.Equal(1.0 / 3, none.Accuracy, 1e-12);
        Assert.Equal(Math.Log(3), none.Objective, 1e-12);
        Assert.Equal(Math.Log(3), none.DualBound, 1e-12);
    }

    [Fact]
    public void Along_the_path_prototypes_leave_and_the_objective_rises()
    {
        LastLayerProblem problem = GoldenProblem.Read(0).Problem;
        PathPoint[] points = [.. RegularisationPath.Along(
            ((double[])[0.3, 0.1, 0.03, 0.01]).Select(own => problem with { L1 = own / 10, OwnClass = new OwnClassPenalty.Sparse(own) }),
            null, null, Token).Points];
        for (int i = 1; i < points.Length; i++)
        {
            Assert.True(points[i - 1].Prototypes < points[i].Prototypes, $"{points[i - 1].Prototypes} → {points[i].Prototypes}");
            Assert.True(points[i - 1].Connections < points[i].Connections);
            Assert.True(points[i - 1].Solution.Certificate.Objective > points[i].Solution.Certificate.Objective);
        }
        Assert.All(points, point => Assert.InRange(point.Solution.Certificate.RelativeGap, 0, 1e-6));
        Assert.All(points, point => Assert.Equal(point.Solution.Used.Count, point.Prototypes));
    }

    [Fact]
    public void All_weights_vanish_exactly_when_the_price_reaches_the_largest_lead_of_a_prototype()
    {
        // With equal classes: how much more similar images of the class are than all images, on average.
        LastLayerProblem problem = Small with { L1 = 10 };
        double lead = Enumerable.Range(0, problem.Prototypes).Max(j => problem.Similarities.Column(j).Where((_, i)
            => problem.Labels[i] == problem.PrototypeClasses[j]).Average() - problem.Similarities.Column(j).Average());
        Assert.Empty(Used(problem, lead * 1.001));
        Assert.NotEmpty(Used(problem, lead * 0.999));
    }

    [Fact]
    public void The_price_means_the_same_for_any_number_of_images()
    {
        LastLayerProblem twice = Small with
        {
            Similarities = Small.Similarities.Stack(Small.Similarities),
            Labels = [.. Small.Labels, .. Small.Labels],
        };
        Assert.Equal(1, LastLayerSolver.Solve(Small, Tight, Token).Certificate.Objective
            / LastLayerSolver.Solve(twice, Tight, Token).Certificate.Objective, 1e-8);
    }

    [Fact]
    public void Without_its_unused_prototypes_a_solution_gives_the_same_logits()
    {
        LastLayerProblem problem = GoldenProblem.Read(0).Problem with { L1 = 1e-2, OwnClass = new OwnClassPenalty.Sparse(0.1) };
        Matrix<float> weights = LastLayerSolver.Solve(problem, null, Token).Weights;
        UnusedPrototypes unused = UnusedPrototypes.Of(problem, weights);
        Assert.InRange(unused.Removable.Count, 20, 80);
        Assert.Empty(unused.Spared);
        int[] kept = [.. Enumerable.Range(0, problem.Prototypes).Except(unused.Removable)];
        Matrix<float> fewer = Matrix<float>.Build.DenseOfColumns(kept.Select(j => weights.Column(j)));
        Matrix<float> similarities = Matrix<float>.Build.DenseOfColumns(kept.Select(j => problem.Similarities.Column(j)));
        Matrix<float> difference = problem.Similarities * weights.Transpose() - similarities * fewer.Transpose();
        Assert.InRange(difference.Enumerate().Max(Math.Abs), 0, 1e-5f);
    }

    [Fact]
    public void A_class_without_any_weight_keeps_the_prototype_that_would_be_used_first()
    {
        LastLayerProblem problem = Small with { L1 = 10 };
        Matrix<float> none = Matrix<float>.Build.Dense(3, 12);
        UnusedPrototypes unused = UnusedPrototypes.Of(problem, none);
        Assert.Equal([0, 1, 2], unused.Spared.Select(j => problem.PrototypeClasses[j]));
        Assert.Equal(Enumerable.Range(0, 12).Except(unused.Spared), unused.Removable);
        // At a price a little below the one at which all weights vanish, the first to be used is among them.
        double price = 10;
        while (Used(problem, price).Count == 0) price *= 0.99;
        Assert.Subset(unused.Spared.ToHashSet(), Used(problem, price).ToHashSet());

        none[2, 9] = 0.5f;
        none[0, 5] = -0.5f;
        unused = UnusedPrototypes.Of(problem, none);
        Assert.Equal([0], unused.Spared.Select(j => problem.PrototypeClasses[j]));
        Assert.DoesNotContain(9, unused.Removable);
        Assert.DoesNotContain(5, unused.Removable);
    }

    [Fact]
    public void Validation_chooses_the_fewest_prototypes_within_one_standard_error_of_the_best_accuracy()
    {
        LastLayerProblem other = RandomProblem.Make(classes: 3, perClass: 4, images: 90, seed: 13);
        ValidationSet validation = new(other.Similarities, other.Labels);
        LastLayerProblem dense = Small with { OwnClass = new OwnClassPenalty.TowardOne() };
        L1Chosen chosen = new SparseByValidation(0.5, 1e-3, 8).Solve(dense, validation, null, Token);
        IReadOnlyList<PathPoint> points = chosen.Path.Points;
        Assert.Equal([null, .. RegularisationPath.Geometric(0.5, 1e-3, 8).Select(own => (double?)own)], points.Select(point => point.OwnL1));
        Assert.All(points.Skip(1), point => Assert.Equal(Math.Max(3e-3, point.OwnL1!.Value / 3), point.L1, 1e-12));

        double best = points.Max(point => point.ValidationAccuracy!.Value), least = best - Math.Sqrt(best * (1 - best) / 90);
        Assert.Contains(points, point => point.ValidationAccuracy < least);
        Assert.InRange(chosen.Point.ValidationAccuracy!.Value, least, best);
        Assert.Equal(points.Where(point => point.ValidationAccuracy >= least).Min(point => point.Prototypes), chosen.Point.Prototypes);
        Assert.InRange(chosen.Point.Prototypes, 3, 11);
        Assert.Equal(chosen.OwnClass, new OwnClassPenalty.Sparse(chosen.Point.OwnL1!.Value));
    }

    [Fact]
    public void The_price_is_chosen_after_lambda_and_the_held_out_images_then_join()
    {
        LastLayerProblem other = RandomProblem.Make(classes: 3, perClass: 4, images: 90, seed: 13);
        LastLayerProblem all = Small with
        {
            Similarities = Small.Similarities.Stack(other.Similarities),
            Labels = [.. Small.Labels, .. other.Labels],
        };
        HeldOutImages heldOut = new(new(other.Similarities, other.Labels), () => new(all.Similarities, [.. all.Labels]));
        PenaltyChoices choices = new(new L1Choice.ByValidation(1e-1, 1e-3, 4), new SparseByValidation(0.3, 3e-3, 5));
        L1Chosen chosen = LastLayerFitter.Fit(Small, choices, heldOut, Tight, Token);
        Assert.Equal(8, chosen.Path.Points.Count); // of four λ, two are below the price 0.01 of an own-class weight, and are tried as one
        LastLayerSolution whole = LastLayerSolver.Solve(all with { L1 = chosen.L1, OwnClass = chosen.OwnClass }, Tight, Token);
        Assert.Equal(1, chosen.Solution.Certificate.Objective / whole.Certificate.Objective, 1e-8);

        ArgumentException e = Assert.Throws<ArgumentException>(() => LastLayerFitter.Fit(
            Small, choices with { L1 = new L1Choice.Fixed() }, heldOut: null, Tight, Token));
        Assert.Contains("λ_own is to be chosen by validation", e.Message, StringComparison.Ordinal);
    }

    /// <summary>Were λ below the price of an own-class weight, a class would be recognised by what it does not look like, and explained by nothing.</summary>
    [Fact]
    public void No_choice_makes_connections_cheaper_than_own_class_weights()
    {
        LastLayerProblem two = RandomProblem.Make(classes: 2, perClass: 3, images: 60, seed: 5) with
        {
            L1 = 1e-4,
            OwnClass = new OwnClassPenalty.Sparse(0.05),
            ClassWeights = [1, 2],
        };
        ValidationSet validation = new(two.Similarities, two.Labels);
        double share = two.Labels.Sum(label => label == 1 ? 2.0 : 0) / two.Labels.Sum(label => label == 1 ? 2.0 : 1);
        double price = 0.05 * Math.Max(share, 1 - share);
        LastLayerSolution cheaper = LastLayerSolver.Solve(two, Tight, Token);
        Assert.All(Enumerable.Range(0, 6), j => Assert.Equal(0, cheaper.Weights[two.PrototypeClasses[j], j]));
        foreach (L1Choice choice in (L1Choice[])[new L1Choice.Fixed(1e-4), new L1Choice.ByValidation(1e-1, 1e-4, 6), new L1Choice.ByConnections(6, 1e-1, 1e-4)])
        {
            L1Chosen chosen = choice.Solve(two, validation, Tight, Token);
            Assert.All(chosen.Path.Points, point => Assert.True(point.L1 >= price * (1 - 1e-12), $"λ {point.L1} is below {price}"));
            Assert.All(Enumerable.Range(0, 2), k => Assert.Contains(
                Enumerable.Range(0, 6), j => two.PrototypeClasses[j] == k && chosen.Solution.Weights[k, j] > 0));
        }
        Assert.Equal(price, new L1Choice.Fixed(0).Solve(two, validation, Tight, Token).L1, 1e-12);
        Assert.Equal(1e-4, new L1Choice.Fixed(1e-4).Solve(two with { OwnClass = new OwnClassPenalty.TowardOne() }, validation, Tight, Token).L1);
    }

    private static IReadOnlyList<int> Used(LastLayerProblem problem, double price)
        => LastLayerSolver.Solve(problem with { OwnClass = new OwnClassPenalty.Sparse(price) }, Tight, Token).Used;

    private static double[,] Doubles(Matrix<float> weights)
    {
        var result = new double[weights.RowCount, weights.ColumnCount];
        for (int k = 0; k < weights.RowCount; k++)
            for (int j = 0; j < weights.ColumnCount; j++) result[k, j] = weights[k, j];
        return result;
    }

    private static double[] Posterior(LastLayerProblem problem, double[,] weights, int image)
    {
        double[] z = new double[problem.Classes];
        for (int k = 0; k < z.Length; k++)
            for (int j = 0; j < problem.Prototypes; j++) z[k] += weights[k, j] * problem.Similarities[image, j];
        double most = z.Max(), sum = z.Sum(x => Math.Exp(x - most));
        return [.. z.Select(x => Math.Exp(x - most) / sum)];
    }

    /// <summary>The objective from its definition.</summary>
    private static double Objective(LastLayerProblem problem, double[,] weights)
    {
        double[] images = ImageWeights(problem), shares = OptimalityTests.Shares(problem);
        double own = ((OwnClassPenalty.Sparse)problem.OwnClass).L1, sum = 0;
        for (int i = 0; i < images.Length; i++) sum -= images[i] * Math.Log(Posterior(problem, weights, i)[problem.Labels[i]]);
        for (int k = 0; k < problem.Classes; k++)
            for (int j = 0; j < problem.Prototypes; j++)
                sum += problem.PrototypeClasses[j] == k ? own * shares[k] * weights[k, j] : problem.L1 * Math.Abs(weights[k, j]);
        return sum;
    }

    private static double[] ImageWeights(LastLayerProblem problem)
    {
        double[] weights = [.. problem.Labels.Select(k => problem.ClassWeights?[k] ?? 1)];
        return [.. weights.Select(w => w / weights.Sum())];
    }

    /// <summary>A slow solver that shares nothing with ours: accelerated proximal gradients with restarts.</summary>
    private static double[,] ProximalGradients(LastLayerProblem problem, int steps)
    {
        int classes = problem.Classes, prototypes = problem.Prototypes;
        double[] images = ImageWeights(problem), shares = OptimalityTests.Shares(problem);
        double own = ((OwnClassPenalty.Sparse)problem.OwnClass).L1;
        double[][] rows = [.. Enumerable.Range(0, problem.Images).Select(i => problem.Similarities.Row(i).Select(s => (double)s).ToArray())];
        double step = 2 / Enumerable.Range(0, rows.Length).Sum(i => images[i] * rows[i].Sum(s => s * s));
        double[,] x = new double[classes, prototypes], y = new double[classes, prototypes];
        double momentum = 1;
        for (int n = 0; n < steps; n++)
        {
            double[,] gradient = new double[classes, prototypes], next = new double[classes, prototypes];
            for (int i = 0; i < rows.Length; i++)
            {
                double[] p = Posterior(problem, y, i);
                p[problem.Labels[i]] -= 1;
                for (int k = 0; k < classes; k++)
                    for (int j = 0; j < prototypes; j++) gradient[k, j] += images[i] * p[k] * rows[i][j];
            }
            double against = 0, moved = 0;
            for (int k = 0; k < classes; k++)
            {
                for (int j = 0; j < prototypes; j++)
                {
                    double w = y[k, j] - step * gradient[k, j];
                    next[k, j] = problem.PrototypeClasses[j] == k ? Math.Max(0, w - step * own * shares[k])
                        : problem.Reasoning == Reasoning.PositiveOnly ? 0
                        : Math.Sign(w) * Math.Max(0, Math.Abs(w) - step * problem.L1);
                    against += (y[k, j] - next[k, j]) * (next[k, j] - x[k, j]);
                    moved = Math.Max(moved, Math.Abs(next[k, j] - x[k, j]));
                }
            }
            if (moved < 1e-12) break;
            double following = against > 0 ? 1 : (1 + Math.Sqrt(1 + 4 * momentum * momentum)) / 2;
            double share = against > 0 ? 0 : (momentum - 1) / following;
            for (int k = 0; k < classes; k++)
                for (int j = 0; j < prototypes; j++) y[k, j] = next[k, j] + share * (next[k, j] - x[k, j]);
            (x, momentum) = (next, following);
        }
        return x;
    }
}
