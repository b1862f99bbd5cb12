using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>Held-out images are measured on only until something has been fitted to them.</summary>
public sealed class HeldOutTests
{
    private static readonly L1Choice ByValidation = new L1Choice.ByValidation(1e-2, 1e-4, 3);

    [Fact]
    public void After_the_last_layer_has_been_fitted_to_held_out_images_no_phase_reports_a_validation_accuracy()
    {
        PhaseReport[] phases = Reports(
            new Joint(1) { BatchSize = 6 }, new Projection(), new LastLayerFit { Choice = ByValidation },
            new PrototypePruning(1, 0), new LastLayerFit(1e-3), new Joint(1) { BatchSize = 6 }, new Projection());
        Assert.Equal([true, true, true, false, false, false, false], phases.Select(p => p.ValidationAccuracy is not null));
        Assert.NotNull(phases[0].Epochs[0].ValidationAccuracy);
        Assert.Null(phases[5].Epochs[0].ValidationAccuracy);
        Assert.All(phases[4].Path!.Points, point => Assert.Null(point.ValidationAccuracy));
    }

    [Fact]
    public void Held_out_images_are_fitted_to_after_the_last_choice_alone_and_measure_until_then()
    {
        PhaseReport[] phases = Reports(
            new Projection(), new LastLayerFit { Choice = ByValidation }, new PrototypePruning(1, 0), new Projection(),
            new LastLayerFit { Choice = ByValidation });
        Assert.All(phases, phase => Assert.NotNull(phase.ValidationAccuracy));
        // A pruning that removes nothing and a projection onto the same patches change no metric.
        Assert.Equal(phases[1].ValidationAccuracy, phases[2].ValidationAccuracy);
        Assert.Equal(phases[1].ValidationAccuracy, phases[3].ValidationAccuracy);
    }

    [Fact]
    public void The_price_of_own_class_weights_is_chosen_by_held_out_images_alone()
    {
        PhaseReport[] phases = Reports(
            new Projection(), new LastLayerFit(1e-3) { OwnClassChoice = new(0.3, 0.03, 3) }, new LastLayerFit(1e-3));
        Assert.Equal([true, true, false], phases.Select(p => p.ValidationAccuracy is not null));
        RegularisationPath path = phases[1].Path!;
        Assert.Equal([null, 0.3, 0.095, 0.03], path.Points.Select(p => p.OwnL1 is { } own ? Math.Round(own, 3) : (double?)null));
        Assert.Contains(path.Points, p => p.ValidationAccuracy == phases[1].ValidationAccuracy);
        using TrainingImages none = SmallRun.Pictures(count: 24, heldOut: 0);
        List<PhaseReport> without = [];
        SmallRun.Train(none, new() { Phases = [.. phases.Select(p => p.Phase)] }, folder: null, phaseEnded: (_, report) => without.Add(report));
        Assert.Single(without[1].Path!.Points);
    }

    private static PhaseReport[] Reports(params TrainingPhase[] phases)
    {
        var reports = new List<PhaseReport>();
        using TrainingImages images = SmallRun.Pictures(count: 24, heldOut: 9);
        SmallRun.Train(
            images, new() { Phases = phases, Augmentation = Augmentation.None }, folder: null, phaseEnded: (_, report) => reports.Add(report));
        return [.. reports];
    }
}
