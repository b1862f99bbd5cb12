using System.Text.Json.Serialization;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>Omitted members of a schedule's JSON take the schedule's own defaults; generated readers alone would not set them.</summary>
public class ScheduleDefaultsTests
{
    [Fact]
    public void Omitted_members_have_their_defaults()
    {
        TrainingSchedule read = TrainingSchedule.FromJson("""
            {
              "Phases": [
                { "phase": "warmUp", "epochs": 2, "views": 3 },
                { "batchSize": 7, "epochs": 1, "phase": "joint", "decay": { "decay": "step", "epochs": 4, "gamma": 0.5 } },
                { "phase": "projection" },
                { "phase": "anchoredTuning", "epochs": 3, "loss": { "cluster": 0.5 } },
                { "phase": "projection", "distinct": true },
                { "phase": "lastLayer", "choice": { "by": "validation", "count": 5 } },
                { "phase": "lastLayer", "ownClass": { "penalty": "sparse" }, "ownClassChoice": { "count": 4 } },
                { "phase": "lastLayer", "ownClass": { "ridge": 0.01, "penalty": "towardOne" } },
                { "phase": "lastLayer", "ownClass": { "penalty": "towardOneByShare" } },
                { "phase": "steppedLastLayer" },
                { "phase": "pruning" },
                { "phase": "steadinessPruning", "copies": 2 }
              ],
              "loss": { "labelSmoothing": 0.2 },
              "augmentation": { "flipProbability": 0.25 }
            }
            """);
        TrainingPhase[] expected =
        [
            new WarmUp(2) { Views = 3 }, new Joint(1) { BatchSize = 7, Decay = new RateDecay.Step(4, 0.5) }, new Projection(),
            new AnchoredTuning(3) { Loss = new(Cluster: 0.5) }, new Projection { Distinct = true },
            new LastLayerFit { Choice = new L1Choice.ByValidation(Count: 5) },
            new LastLayerFit { OwnClass = new OwnClassPenalty.Sparse(), OwnClassChoice = new(Count: 4) },
            new LastLayerFit { OwnClass = new OwnClassPenalty.TowardOne(0.01) },
            new LastLayerFit { OwnClass = new OwnClassPenalty.TowardOneByShare(6e-3) }, new SteppedLastLayer(), new PrototypePruning(),
            new SteadinessPruning { Copies = 2 },
        ];
        Assert.Equal(expected, read.Phases);
        Assert.Equal(new() { Phases = read.Phases, Loss = new(LabelSmoothing: 0.2), Augmentation = Augmentation.Paper with { FlipProbability = 0.25 } }, read);
    }

    [Fact]
    public void The_defaults_of_every_kind_of_phase_are_known()
        => Assert.Equal(
            typeof(TrainingPhase).GetCustomAttributes(false).OfType<JsonDerivedTypeAttribute>().Select(kind => kind.DerivedType).ToHashSet(),
            ScheduleJson.Kinds.Select(phase => phase.GetType()).ToHashSet());

    [Fact]
    public void A_fault_is_reported_with_its_line()
    {
        var e = Assert.Throws<FormatException>(() => TrainingSchedule.FromJson("{\n \"phases\": [\n  { \"phase\": \"projection\", \"epochs\": 1 } ] }"));
        Assert.Contains("epochs", e.Message);
        Assert.Equal(2, Assert.IsAssignableFrom<System.Text.Json.JsonException>(e.InnerException).LineNumber);
    }
}
