using ProtoPNet.Cli;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Training;
using ProtoPNet.MLNet.Training.Estimates;
using ProtoPNet.MLNet.Training.Features;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Training;

public class TrainingEstimateTests
{
    private static readonly ViewWork Features = new(WorkKind.Features), Backbone = new(WorkKind.BackboneStep), Head = new(WorkKind.HeadStep),
        Pass = new(WorkKind.HeadPass);

    private static IReadOnlyList<PhaseWork> Of(TrainingSchedule schedule, int images = 100, int heldOut = 10, int frozen = 2)
        => PhaseWork.Of(schedule, images, heldOut, _ => frozen);

    private static (long, long, long, long) Counts(PhaseWork work) => (work.Views.GetValueOrDefault(Features),
        work.Views.GetValueOrDefault(Backbone), work.Views.GetValueOrDefault(Head), work.Views.GetValueOrDefault(Pass));

    [Fact]
    public void With_a_frozen_backbone_the_features_of_each_view_are_counted_once()
    {
        IReadOnlyList<PhaseWork> work = Of(TrainingSchedule.FrozenBackbone with
        {
            Phases =
            [
                new Steadying(6) { MostViews = 250 }, new WarmUp(12) { Views = 6 }, new Projection(),
                new AnchoredTuning(10) { Views = 7 }, new Projection(), new LastLayerFit { Views = 8 },
            ],
        });
        Assert.Equal(["preparation", "steadying", "warm-up", "projection", "anchored tuning", "projection", "last layer"], work.Select(w => w.Name));
        Assert.Equal((0, 0, 0, 0), Counts(work[0]));
        Assert.Equal((250 + 100, 250, 0, 0), Counts(work[1])); // the teacher's features; then prototypes are placed on those of the photographs
        Assert.Equal((600, 0, 12 * 600, 120), Counts(work[2]));
        Assert.Equal((0, 0, 0, 110), Counts(work[3]));
        Assert.Equal((100, 0, 10 * 700, 100), Counts(work[4])); // one more view
        Assert.Equal((0, 0, 0, 110), Counts(work[5]));
        Assert.Equal((0, 0, 0, 810), Counts(work[6]));
        Assert.Equal([true, true, true, true, true, true, false], work.Select(w => w.IsWhole));
    }

    [Fact]
    public void Copies_with_noise_are_counted_as_far_as_they_go()
    {
        static PhaseWork Second(SteadinessPruning steady) => Of(TrainingSchedule.FrozenBackbone with { Phases = [new Projection(), steady] })[2];
        Assert.Equal((400, 0, 0, 510), Counts(Second(new())));
        Assert.Equal((80, 0, 0, 110), Counts(Second(new() { MostViews = 80 })));
    }

    [Fact]
    public void A_joint_phase_moves_the_backbone_so_that_features_are_computed_again()
    {
        IReadOnlyList<PhaseWork> work = Of(TrainingSchedule.Default with
        {
            Phases = [new WarmUp(1) { Views = 2 }, new Joint(3) { Views = 4, FrozenStages = 2 }, new Projection(), new LastLayerFit { Views = 3 }],
        });
        Assert.Equal((100, 0, 0, 0), Counts(work[0]));
        Assert.Equal((200, 0, 200, 10), Counts(work[1]));
        Assert.Equal((400 + 30, 0, 1200, 30), Counts(work[2]));
        Assert.Equal(1200, work[2].Views[new(WorkKind.BackboneStep, 2)]);
        Assert.Equal((100, 0, 0, 110), Counts(work[3]));
        Assert.Equal((200, 0, 0, 310), Counts(work[4]));
    }

    [Fact]
    public void What_phases_took_corrects_the_estimate_of_those_to_come()
    {
        PhaseWork[] work =
        [
            new("preparation", new Dictionary<ViewWork, long>()),
            new("a", new Dictionary<ViewWork, long> { [Features] = 100, [Head] = 100 }),
            new("b", new Dictionary<ViewWork, long> { [Head] = 200 }),
            new("last layer", new Dictionary<ViewWork, long> { [Features] = 50, [Pass] = 100 }, IsWhole: false),
        ];
        var estimate = new RunEstimate(work, new Dictionary<ViewWork, double> { [Features] = 0.3, [Head] = 0.1, [Pass] = 0.05 });
        TrainingEstimate before = estimate.ToCome([], prepared: false);
        Assert.Equal([40, 20, 20], before.Phases.Select(phase => phase.Time.TotalSeconds), (x, y) => Math.Abs(x - y) < 1e-6); // nothing to prepare
        Assert.Equal((80, false), (Math.Round(before.Total.TotalSeconds, 6), before.IsWhole));

        // It took twice as long, whatever of it: so does the rest.
        Assert.Equal(80, estimate.ToCome([80], prepared: true).Total.TotalSeconds, 1e-6);
        // The second phase was as fast as expected: steps are a third slower than measured ((80 · 1/4 + 20) / (10 + 20)), features twice.
        Assert.Equal(50 * 0.3 * 2 + 100 * 0.05 * (100.0 / 60), estimate.ToCome([80, 20], prepared: true).Total.TotalSeconds, 1e-6);

        // Within a phase its own pace counts once there is one.
        Assert.Equal(35 + 40, estimate.Left([], TimeSpan.FromSeconds(5), TimeSpan.Zero, 0).TotalSeconds, 1e-6);
        Assert.Equal(60 + 40, estimate.Left([], TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(60), 0.1).TotalSeconds, 1e-6);
        Assert.Equal(0, estimate.Left([40, 20], TimeSpan.FromSeconds(500), TimeSpan.Zero, 0).TotalSeconds);
    }

    [Fact]
    public void Measuring_tells_an_estimate_and_changes_no_model()
    {
        (string plain, _) = Train(estimates: false);
        (string measured, List<TrainingProgress> told) = Train(estimates: true);
        Assert.Equal(plain, measured);
        TrainingEstimate estimate = Assert.Single(told, progress => progress.Estimate is not null).Estimate!;
        Assert.Same(estimate, told[0].Estimate);
        Assert.Equal(["preparation", "warm-up", "joint", "projection", "last layer"], estimate.Phases.Select(phase => phase.Name));
        Assert.All(estimate.Phases, phase => Assert.True(phase.Time > TimeSpan.Zero, phase.Name));
        Assert.Equal(estimate.Total, told[0].RunLeft);
        Assert.Contains(told, progress => progress is { Phase: 1, Epoch: 0 } && progress.RunLeft > TimeSpan.Zero);
    }

    [Fact]
    public void An_estimate_is_said_to_be_one()
    {
        string text = string.Join('\n', PlainProgress.Estimated(new(
        [
            new("preparation", TimeSpan.FromSeconds(0.2), true), new("steadying", TimeSpan.FromSeconds(42), true),
            new("warm-up", TimeSpan.FromSeconds(400), true), new("joint", TimeSpan.FromHours(2), true),
            new("last layer", TimeSpan.FromMinutes(30), false),
        ])));
        Assert.Equal("""
            Estimated from a few views:
              preparation: about 1 s
              steadying: about 42 s
              warm-up: about 6.7 min
              joint: about 2.0 h
              last layer: about 30 min, and solving it
              in all about 2.6 h of training, without solving the last layer; corrected as it goes on
            """.ReplaceLineEndings("\n"), text);
    }

    [Fact]
    public void A_step_is_measured_with_as_many_views_as_it_has()
    {
        using TrainingBatch few = new(tensor(new float[] { 1, 2, 3, 4, 5, 6 }).reshape(2, 3, 1, 1), tensor(new long[] { 7, 8 }), new[] { 4, 9 });
        using TrainingBatch step = TimeMeasurement.Repeated(few, 5);
        Assert.Equal([6, 3, 1, 1], step.Inputs.shape);
        Assert.Equal([1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6], step.Inputs.data<float>().ToArray());
        Assert.Equal([7, 8, 7, 8, 7, 8], step.Labels.data<long>().ToArray());
        Assert.Equal([4, 9, 4, 9, 4, 9], step.Images.ToArray());
    }

    [Theory]
    [InlineData(TrainingPrecision.Full, ScalarType.Float32)]
    [InlineData(TrainingPrecision.BFloat16, ScalarType.BFloat16)]
    public void A_step_is_measured_in_the_number_format_that_it_will_have(TrainingPrecision precision, ScalarType measured)
    {
        using TrainingImages images = SmallRun.Pictures();
        TrainingSchedule schedule = new() { Precision = precision, Phases = [new Joint(1) { BatchSize = 4 }, new Projection()] };
        using var state = new TrainingState(new ProtoPNetNetwork(SmallRun.Small, new DeterministicRandom(3)));
        using var loop = new TrainingLoop(new(schedule, images, 1, CPU), state);
        loop.EstimateTime();
        Assert.Equal((measured, false), (state.Network.Features.TrainingType, state.Network.training));
    }

    private static (string Weights, List<TrainingProgress> Told) Train(bool estimates)
    {
        List<TrainingProgress> told = [];
        TrainingSchedule schedule = TrainingSchedule.Default with
        {
            Phases =
            [
                new WarmUp(1) { Views = 2, BatchSize = 8 }, new Joint(2) { BatchSize = 8, FrozenStages = 0 }, new Projection(), new LastLayerFit(1e-2),
            ],
        };
        using var images = SmallRun.Pictures();
        var context = new TrainingContext(schedule, images, 1, CPU)
        {
            Features = new(1 << 28, 0, ""),
            Progress = told.Add,
            Cancellation = TestContext.Current.CancellationToken,
        };
        using var state = new TrainingState(new ProtoPNetNetwork(SmallRun.Small, new DeterministicRandom(3)));
        using var loop = new TrainingLoop(context, state);
        if (estimates) loop.EstimateTime();
        loop.Run(_ => { });
        return (SmallRun.WeightsOf(state), told);
    }
}
