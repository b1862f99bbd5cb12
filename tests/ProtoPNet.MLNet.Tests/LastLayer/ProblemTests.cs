using MathNet.Numerics.LinearAlgebra;
using ProtoPNet.MLNet.LastLayer;
using Xunit;

namespace ProtoPNet.MLNet.Tests.LastLayer;

public sealed class ProblemTests
{
    private static readonly LastLayerProblem Good = RandomProblem.Make(classes: 3, perClass: 2, images: 30, seed: 5);

    public static TheoryData<string, string> Bad => new()
    {
        { "nan", "image 2 to prototype 1 is NaN" },
        { "labels", "30 images but 29 labels" },
        { "label", "class of image 0 is 3" },
        { "empty class", "Class 1 has no images" },
        { "no prototype", "Class 2 has no prototypes" },
        { "l1", "λ (L1) is -1" },
        { "ridge", "μ (Ridge) is Infinity" },
        { "own l1", "λ_own (L1) is 0" },
        { "own ridge", "μ_own (Ridge) is 0" },
        { "no penalty", "no penalty on own-class weights" },
        { "class weights", "2 class weights; 3 are needed" },
        { "sample weights", "weight of sample 3 is -1" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void An_invalid_problem_is_refused_with_the_place(string what, string message)
    {
        ArgumentException e = Assert.Throws<ArgumentException>(()
            => LastLayerSolver.Solve(Broken(what), cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_option_out_of_range_is_refused()
    {
        LastLayerOptions[] wrong = [new() { RelativeGap = 0 }, new() { MaxIterations = -1 }, new() { Start = Matrix<float>.Build.Dense(2, 2) }];
        foreach (LastLayerOptions bad in wrong)
            Assert.Throws<ArgumentException>(() => LastLayerSolver.Solve(Good, bad, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_limit_returns_the_best_point_with_its_gap()
    {
        LastLayerProblem problem = GoldenProblem.Read(0).Problem;
        CancellationToken token = TestContext.Current.CancellationToken;
        LastLayerCertificate few = LastLayerSolver.Solve(problem, new() { MaxIterations = 5 }, token).Certificate;
        Assert.Equal((StoppingReason.IterationLimit, 5), (few.Stopped, few.Iterations));
        Assert.InRange(few.RelativeGap, 1e-6, 1);
        LastLayerCertificate none = LastLayerSolver.Solve(problem, new() { TimeLimit = TimeSpan.Zero }, token).Certificate;
        Assert.Equal(StoppingReason.TimeLimit, none.Stopped);
        Assert.True(few.Objective < none.Objective);
    }

    [Fact]
    public void Cancellation_is_obeyed()
        => Assert.Throws<OperationCanceledException>(() => LastLayerSolver.Solve(Good, cancellationToken: new CancellationToken(canceled: true)));

    [Fact]
    public void A_dense_start_ends_at_the_same_optimum()
    {
        LastLayerProblem problem = GoldenProblem.Read(0).Problem;
        Matrix<float> start = Matrix<float>.Build.Dense(10, 100, (k, j) => problem.PrototypeClasses[j] == k ? 1 : -0.5f);
        double cold = LastLayerSolver.Solve(problem, cancellationToken: TestContext.Current.CancellationToken).Certificate.Objective;
        double dense = LastLayerSolver.Solve(problem, new() { Start = start }, TestContext.Current.CancellationToken).Certificate.Objective;
        Assert.Equal(1, dense / cold, 1e-6);
    }

    [Fact]
    public void Collected_batches_make_the_matrix()
    {
        var collector = new SimilarityCollector(3, 2);
        collector.Add([1, 2, 3, 4]);
        Assert.Throws<InvalidOperationException>(() => collector.Similarities);
        Assert.Throws<ArgumentException>(() => collector.Add([1, 2, 3]));
        collector.Add([5, 6]);
        Assert.Equal(Matrix<float>.Build.DenseOfRowMajor(3, 2, [1, 2, 3, 4, 5, 6]), collector.Similarities);
        Assert.Throws<ArgumentException>(() => collector.Add([7, 8]));
    }

    private static LastLayerProblem Broken(string what) => what switch
    {
        "nan" => Good with { Similarities = Matrix<float>.Build.Dense(30, 6, (i, j) => (i, j) == (2, 1) ? float.NaN : 1) },
        "labels" => Good with { Labels = [.. Good.Labels.Skip(1)] },
        "label" => Good with { Labels = [3, .. Good.Labels.Skip(1)] },
        "empty class" => Good with { Labels = [.. Good.Labels.Select(k => k == 1 ? 0 : k)] },
        "no prototype" => Good with { PrototypeClasses = [.. Good.PrototypeClasses.Select(k => k == 2 ? 1 : k)] },
        "l1" => Good with { L1 = -1 },
        "ridge" => Good with { OwnClass = new OwnClassPenalty.TowardOne(double.PositiveInfinity) },
        "own l1" => Good with { OwnClass = new OwnClassPenalty.Sparse(0) },
        "own ridge" => Good with { OwnClass = new OwnClassPenalty.TowardOneByShare(0) },
        "no penalty" => Good with { OwnClass = null! },
        "class weights" => Good with { ClassWeights = [1, 1] },
        _ => Good with { SampleWeights = [.. Enumerable.Range(0, 30).Select(i => i == 3 ? -1.0 : 1)] },
    };
}
