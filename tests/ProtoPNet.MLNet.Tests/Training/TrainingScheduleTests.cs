using CsCheck;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>Schedules are values: checked before the first epoch, readable from JSON.</summary>
public sealed class TrainingScheduleTests
{
    private static readonly TrainingSchedule Short = new() { Phases = [new Joint(1), new Projection()] };

    public static TheoryData<TrainingSchedule> Published { get; } = [TrainingSchedule.Default, TrainingSchedule.Paper];

    [Theory]
    [MemberData(nameof(Published))]
    public void Our_own_schedules_pass_their_check_and_survive_json(TrainingSchedule schedule)
    {
        schedule.Check();
        TrainingSchedule read = TrainingSchedule.FromJson(schedule.ToJson());
        Assert.Equal(schedule.Phases, read.Phases);
        Assert.Equal(schedule with { Phases = read.Phases }, read);
    }

    [Fact]
    public void A_schedule_of_every_phase_survives_json()
    {
        TrainingSchedule all = Short with
        {
            Loss = new LossWeights(LabelSmoothing: 0.1, Temperature: 4.5),
            Precision = TrainingPrecision.BFloat16,
            Phases =
            [
                new WarmUp(2) { Decay = new RateDecay.Cosine() }, new Joint(3) { FrozenStages = 2, Decay = new RateDecay.Step(5, 0.1) },
                new Projection { Distinct = true }, new AnchoredTuning(4) { Dropout = 0.2, Loss = new(Cluster: 2) },
                new Projection(), new PrototypePruning(5, 2), new SteppedLastLayer(7),
                new LastLayerFit { Choice = new L1Choice.ByValidation(1e-2, 1e-4, 5) },
                new LastLayerFit(2e-3) { Choice = new L1Choice.ByConnections(40) },
            ],
        };
        TrainingSchedule read = TrainingSchedule.FromJson(all.ToJson());
        Assert.Equal(all.Phases, read.Phases);
        Assert.Equal(all with { Phases = read.Phases }, read);
    }

    [Fact]
    public void A_schedule_without_a_projection_is_refused()
        => Refused(Short with { Phases = [new Joint(1)] }, "no Projection");

    [Fact]
    public void Nothing_may_move_prototypes_after_the_last_projection()
        => Refused(Short with { Phases = [new Projection(), new LastLayerFit(), new Joint(2)] }, "Phase 3 (joint)");

    [Fact]
    public void Anchored_tuning_needs_a_projection_right_before_it_and_one_after()
    {
        AnchoredTuning tuning = new(1);
        Refused(Short with { Phases = [tuning, new Projection()] }, "Phase 1 (anchored tuning) ties prototypes");
        Refused(Short with { Phases = [new Projection(), new Joint(1), tuning, new Projection()] }, "Phase 3 (anchored tuning) ties prototypes");
        Refused(Short with { Phases = [new Projection(), tuning, new LastLayerFit()] }, "Phase 2 (anchored tuning) moves prototypes");
        (Short with { Phases = [new Projection(), new PrototypePruning(), tuning, new Projection(), new LastLayerFit()] }).Check();
    }

    [Fact]
    public void Pruning_before_a_projection_is_refused()
        => Refused(Short with { Phases = [new PrototypePruning(), new Joint(1), new Projection()] }, "Phase 1 (pruning)");

    [Fact]
    public void Impossible_settings_are_refused_with_the_place()
    {
        Refused(Short with { Phases = [new Joint(1) { BatchSize = 0 }, new Projection()] }, "Phase 1 (joint): BatchSize is 0");
        Refused(Short with { Phases = [new Joint(-1), new Projection()] }, "Epochs is -1");
        Refused(Short with { Phases = [new Joint(1) { PrototypeRate = -1 }, new Projection()] }, "Learning rates");
        Refused(Short with { Phases = [new Projection(), new AnchoredTuning(1) { Dropout = 1 }, new Projection()] }, "Dropout is 1");
        Refused(Short with { Phases = [new Joint(1), new Projection(), new LastLayerFit(double.NaN)] }, "Phase 3 (last layer): L1 is NaN");
        Refused(Short with { Loss = new LossWeights(LabelSmoothing: 1) }, "LabelSmoothing is 1");
        Refused(Short with { Phases = [new Joint(1) { Loss = new(LabelSmoothing: 1) }, new Projection()] }, "Phase 1 (joint): LabelSmoothing is 1");
        foreach (double none in (double[])[0, -1, double.NaN, double.PositiveInfinity])
            Refused(Short with { Loss = new LossWeights(Temperature: none) }, $"Temperature is {none}");
        Refused(Short with { Phases = [] }, "at least one phase");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("{\"phases\":[{\"phase\":\"dance\"}]}")]
    [InlineData("{\"phases\":[{\"phase\":\"joint\",\"epochs\":3,\"learningRte\":1},{\"phase\":\"projection\"}]}")]
    [InlineData("{\"phases\":[{\"phase\":\"joint\",\"epochs\":3}]}")]
    public void Text_that_is_no_schedule_is_refused(string json)
        => Assert.StartsWith("This is no training schedule", Assert.Throws<FormatException>(() => TrainingSchedule.FromJson(json)).Message);

    [Fact]
    public void Rates_never_rise_along_a_decay()
        => Gen.Select(Gen.Double[0, 1], Gen.Double[0, 1], Gen.Int[0, 100], Gen.Int[0, 100]).Sample((a, b, e, f) =>
        {
            (double early, double late) = (Math.Min(a, b), Math.Max(a, b));
            (int first, int second) = (Math.Min(e, f), Math.Max(e, f));
            foreach (RateDecay decay in (RateDecay[])[new RateDecay.Constant(), new RateDecay.Step(5, 0.1), new RateDecay.Cosine()])
                Assert.True(decay.Factor(early, first) >= decay.Factor(late, second) && decay.Factor(early, first) <= 1);
        });

    private static void Refused(TrainingSchedule schedule, string because)
        => Assert.Contains(because, Assert.Throws<ArgumentException>(schedule.Check).Message);
}
