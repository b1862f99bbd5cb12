using ProtoPNet.MLNet.LastLayer;
using Xunit;

namespace ProtoPNet.MLNet.Tests.LastLayer;

public sealed class RegularisationPathTests
{
    private static readonly LastLayerOptions Quick = new() { RelativeGap = 1e-5 };

    [Fact]
    public void Along_the_path_the_objective_falls_and_connections_appear()
    {
        LastLayerProblem problem = GoldenProblem.Read(0).Problem;
        RegularisationPath path = RegularisationPath.Solve(
            problem, RegularisationPath.Geometric(1e-1, 1e-4, 7), options: Quick, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(7, path.Points.Count);
        Assert.Equal(0, path.Points[0].Connections);
        Assert.True(path.Points[^1].Connections > 50);
        for (int i = 1; i < path.Points.Count; i++)
        {
            Assert.True(path.Points[i].L1 < path.Points[i - 1].L1);
            Assert.True(path.Points[i].Solution.Certificate.Objective <= path.Points[i - 1].Solution.Certificate.Objective * (1 + 1e-5));
            Assert.True(path.Points[i].Solution.Certificate.RelativeGap <= 1e-5);
        }
        Assert.Equal(8, path.ToCsv().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void A_point_of_the_path_is_the_optimum_from_a_cold_start()
    {
        LastLayerProblem problem = GoldenProblem.Read(0).Problem;
        RegularisationPath path = RegularisationPath.Solve(
            problem, [1e-2, 1e-3], options: Quick, cancellationToken: TestContext.Current.CancellationToken);
        double cold = LastLayerSolver.Solve(problem with { L1 = 1e-3 }, Quick, TestContext.Current.CancellationToken).Certificate.Objective;
        Assert.Equal(1, path.Points[1].Solution.Certificate.Objective / cold, 2e-5);
    }

    [Fact]
    public void Validation_chooses_the_best_accuracy_and_of_equals_the_sparsest()
    {
        LastLayerProblem problem = RandomProblem.Make(classes: 4, perClass: 3, images: 80, seed: 1) with
        {
            OwnClass = new OwnClassPenalty.TowardOne(1e-3),
        };
        LastLayerProblem other = RandomProblem.Make(classes: 4, perClass: 3, images: 200, seed: 2);
        var validation = new ValidationSet(other.Similarities, other.Labels);
        L1Chosen chosen = new L1Choice.ByValidation(1e-1, 1e-4, 6).Solve(problem, validation, Quick, TestContext.Current.CancellationToken);

        PathPoint[] best = [.. chosen.Path.Points.Where(p => p.ValidationAccuracy == chosen.Path.Points.Max(q => q.ValidationAccuracy))];
        Assert.Equal(best.Min(p => p.Connections), chosen.Solution.Certificate.Connections);
        Assert.Equal(validation.Accuracy(chosen.Solution.Weights), best[0].ValidationAccuracy);
    }

    [Fact]
    public void A_wanted_number_of_connections_is_kept_and_nearly_used()
    {
        LastLayerProblem problem = GoldenProblem.Read(0).Problem;
        L1Chosen chosen = new L1Choice.ByConnections(40).Solve(problem, options: Quick, cancellationToken: TestContext.Current.CancellationToken);
        Assert.InRange(chosen.Solution.Certificate.Connections, 30, 40);
    }

    [Fact]
    public void Choosing_by_validation_without_a_validation_set_says_what_to_do()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => new L1Choice.ByValidation().Solve(
            GoldenProblem.Read(0).Problem, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("validation set", e.Message, StringComparison.Ordinal);
    }
}
