using CsCheck;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>Schedules are values: checked before the first epoch, readable from JSON.</summary>
public sealed class TrainingScheduleTests
{
    private static readonly TrainingSchedule Short = new() { Phases = [new Joint(1), new Projection()] };

    public static TheoryData<TrainingSchedule> Published { get; } = new(
        TrainingSchedule.Default, TrainingSchedule.FrozenBackbone, TrainingSchedule.ManyClasses, TrainingSchedule.Paper);

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
                new Projection(), new PrototypePruning(5, 2), new SteadinessPruning(0.3) { Noise = 0.3 }, new SteppedLastLayer(7),
                new LastLayerFit { Choice = new L1Choice.ByValidation(1e-2, 1e-4, 5) },
                new LastLayerFit(2e-3) { Choice = new L1Choice.ByConnections(40) },
                new LastLayerFit { OwnClass = new OwnClassPenalty.Sparse(0.02), OwnClassChoice = new(0.5, 0.01, 6) },
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
        Refused(Short with { Phases = [new Joint(1) { PrototypeRate = -1 }, new Projection()] }, "PrototypeRate is -1; it must be 0 or a finite");
        Refused(Short with { Phases = [new Projection(), new AnchoredTuning(1) { Dropout = 1 }, new Projection()] }, "Dropout is 1");
        Refused(Short with { Phases = [new Joint(1), new Projection(), new LastLayerFit(double.NaN)] }, "Phase 3 (last layer): L1 is NaN");
        Refused(Short with { Loss = new LossWeights(LabelSmoothing: 1) }, "LabelSmoothing is 1");
        Refused(Short with { Loss = new LossWeights(Pooled: -1) }, "Pooled is -1");
        Refused(Short with { Phases = [new Joint(1) { Loss = new(LabelSmoothing: 1) }, new Projection()] }, "Phase 1 (joint): LabelSmoothing is 1");
        foreach (double none in (double[])[0, -1, double.NaN, double.PositiveInfinity])
            Refused(Short with { Loss = new LossWeights(Temperature: none) }, FormattableString.Invariant($"Temperature is {none};"));
        foreach (double none in (double[])[0, 1, -1, double.NaN])
            Refused(Short with { Epsilon = none }, FormattableString.Invariant($"Epsilon is {none}; it must be above 0 and below 1"));
        Refused(Short with { Phases = [] }, "at least one phase");
    }

    /// <summary>Values that JSON cannot express never reach the serialiser.</summary>
    [Fact]
    public void Numbers_that_are_not_finite_are_refused_with_their_name()
    {
        foreach (double none in (double[])[double.NaN, double.PositiveInfinity, double.NegativeInfinity])
        {
            Refused(Short with { Loss = new(CrossEntropy: none) }, "Loss: CrossEntropy is");
            Refused(Short with { Loss = new(Cluster: none) }, "Loss: Cluster is");
            Refused(Short with { Loss = new(Separation: none) }, "Loss: Separation is");
            Refused(Short with { Loss = new(L1: none) }, "Loss: L1 is");
            Refused(Short with { Phases = [new WarmUp(1) { AddOnRate = none }, new Projection()] }, "Phase 1 (warm-up): AddOnRate is");
            Refused(Short with { Phases = [new WarmUp(1) { PrototypeRate = none }, new Projection()] }, "PrototypeRate is");
            Refused(Short with { Phases = [new Joint(1) { BackboneRate = none }, new Projection()] }, "BackboneRate is");
            Refused(Short with { Phases = [new Joint(1) { WeightDecay = none }, new Projection()] }, "WeightDecay is");
            Refused(Short with { Phases = [new Joint(1) { Decay = new RateDecay.Step(1, none) }, new Projection()] }, "Gamma of the decay is");
            Refused(Short with { Phases = [new Projection(), new SteppedLastLayer { Rate = none }] }, "Phase 2 (last layer, stepped): Rate is");
            Refused(Short with { Phases = [new Projection(), new LastLayerFit { OwnClass = new OwnClassPenalty.TowardOne(none) }] }, "μ (Ridge) is");
            Refused(Short with { Phases = [new Projection(), new LastLayerFit { OwnClass = new OwnClassPenalty.Sparse(none) }] }, "λ_own (L1) is");
            Refused(Short with { Phases = [new Projection(), new LastLayerFit { OwnClassChoice = new(none) }] }, "λ_own is searched from");
            Refused(Short with { Phases = [new Projection(), new LastLayerFit { RelativeGap = none }] }, "RelativeGap is");
            Refused(
                Short with { Phases = [new Projection(), new LastLayerFit { Choice = new L1Choice.ByValidation(none) }] },
                "λ is searched from");
        }
    }

    [Fact]
    public void Choices_and_decays_that_cannot_be_made_are_refused()
    {
        Refused(Short with { Phases = [new Joint(1) { Decay = new RateDecay.Step(0, 0.1) }, new Projection()] }, "Epochs of the decay is 0");
        Refused(Short with { Phases = [new Joint(1) { Decay = null! }, new Projection()] }, "Decay is null");
        Refused(Short with { Phases = [new Projection(), new LastLayerFit { Choice = new L1Choice.ByValidation(Count: 1) }] }, "from 2 to 1000");
        Refused(Short with { Phases = [new Projection(), new LastLayerFit { Choice = new L1Choice.ByConnections(-1) }] }, "at least 0");
        Refused(Short with { Phases = [new Projection(), new LastLayerFit { OwnClass = new OwnClassPenalty.Sparse(0) }] }, "λ_own (L1) is 0");
        Refused(Short with { Phases = [new Projection(), new LastLayerFit { OwnClass = null! }] }, "OwnClass is null");
        Refused(Short with { Phases = [new Projection(), new LastLayerFit { OwnClassChoice = new(Count: 1) }] }, "from 2 to 1000");
        Refused(Short with { Phases = [new Projection(), new PrototypePruning(3, 5)] }, "Threshold is 5; it must be from 0 to 3");
        Refused(Short with { Phases = [null!, new Projection()] }, "Phase 1 is null");
        Refused(Short with { Loss = null! }, "Loss is null");
    }

    [Theory]
    [InlineData(" ", "it is empty.")]
    [InlineData("{\n\"phases\": nonsense}", "line 2, column 12: this is not JSON.")]
    [InlineData("{\"phases\":[{\"phase\":\"dance\"}]}", "'phases[0]': unknown kind. \"phase\" must be one of \"steadying\", \"warmUp\", \"joint\"")]
    [InlineData("{\"phases\":[{\"epochs\":1}]}", "'phases[0]': the kind is missing. \"phase\" must be one of")]
    [InlineData("{\"phases\":[{\"phase\":\"joint\",\"epochs\":1,\n\"learningRte\":1}]}", "line 2, 'phases[0].learningRte': unknown entry.")]
    [InlineData("{\"precision\":\"half\"}", "'precision': this value does not fit here; it must be one of \"full\", \"bFloat16\", \"automatic\".")]
    [InlineData("{\"batchNorm\":\"live\"}", "it must be one of \"frozen\", \"follow\", \"drift\".")]
    [InlineData("{\"prototypeStart\":\"zero\"}", "it must be one of \"ownClassPatches\", \"random\".")]
    [InlineData("{\"augmentation\":{\"warps\":\"two\"}}", "'augmentation.warps': this value does not fit here; it must be one of \"one\", \"all\".")]
    [InlineData("{\"phases\":[{\"phase\":\"joint\",\n\"epochs\":\"many\"}]}", "line 2, 'phases[0].epochs': this value does not fit here.")]
    [InlineData("{\"loss\":{}}", "'phases' is missing.")]
    [InlineData("{\"phases\":[],\"augmentation\":{\"rotationDegrees\":99}}", "RotationDegrees is 99; it must be between 0 and 45.")]
    [InlineData("{\"phases\":[{\"phase\":\"joint\",\"epochs\":1},{\"phase\":\"projection\"}],\"loss\":{\"cluster\":1e999}}", "Loss: Cluster is")]
    public void Faults_of_a_schedules_text_are_reported_without_serialiser_terms(string json, string expected)
    {
        string message = Assert.Throws<FormatException>(() => TrainingSchedule.FromJson(json)).Message;
        Assert.Contains(expected, message);
        foreach (string foreign in (string[])["System.", "ProtoPNet.MLNet", ".NET", "BytePosition", "discriminator", "(Parameter"])
            Assert.DoesNotContain(foreign, message);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("{\"phases\":[{\"phase\":\"dance\"}]}")]
    [InlineData("{\"phases\":[{\"phase\":\"joint\",\"epochs\":3,\"learningRte\":1},{\"phase\":\"projection\"}]}")]
    [InlineData("{\"phases\":[{\"phase\":\"joint\",\"epochs\":3}]}")]
    public void Text_that_is_not_a_schedule_is_refused(string json)
        => Assert.StartsWith("This is not a training schedule", Assert.Throws<FormatException>(() => TrainingSchedule.FromJson(json)).Message);

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
