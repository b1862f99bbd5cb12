using ProtoPNet.MLNet.Training;
using Xunit;
using static ProtoPNet.MLNet.Tests.Training.SmallRun;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>Joint phases that stop early by the accuracy with projected prototypes.</summary>
public sealed class EarlyStoppingTests : IDisposable
{
    private const int StoppingEpochs = 12;

    private static TrainingSchedule Stopping(int patience) => TrainingSchedule.Default with
    {
        Phases =
        [
            new Joint(StoppingEpochs) { BatchSize = 4, BackboneRate = 3e-3, AddOnRate = 1e-2, PrototypeRate = 1e-2, Patience = patience },
            new Projection(), new LastLayerFit(1e-3),
        ],
    };

    private readonly TemporaryFolder _folder = new();
    private readonly TrainingImages _images = Pictures(heldOut: 6);

    public void Dispose()
    {
        _images.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_phase_that_stops_early_returns_to_the_first_of_its_best_epochs(int patience)
    {
        List<(EpochMetrics Metrics, string Weights)> epochs = [];
        TrainingState? running = null;
        string? atEnd = null;
        double? reported = null;
        TrainingSchedule schedule = Stopping(patience);
        Outcome straight = Train(_images, schedule, null, began: session => running = session, progress: p =>
        {
            if (p.Metrics is { ProjectedAccuracy: not null } metrics) epochs.Add((metrics, WeightsOf(running!)));
        }, phaseEnded: (session, report) =>
        {
            if (report.Phase is not Joint) return;
            (atEnd, reported) = (WeightsOf(session), report.ValidationAccuracy);
        })!;
        int best = Enumerable.Range(0, epochs.Count).MaxBy(i => epochs[i].Metrics.ProjectedAccuracy);
        Assert.True(epochs.Count < StoppingEpochs, "The phase was to stop early.");
        Assert.Equal(best + 1 + patience, epochs.Count);
        Assert.Equal(epochs[best].Weights, atEnd);
        Assert.Equal(epochs[best].Metrics.ValidationAccuracy, reported);
        Assert.Equal(epochs.Count, epochs.Select(e => e.Weights).Distinct().Count());

        Outcome? resumed = null;
        for (int cancelAt = 25; resumed is null; cancelAt += 3) resumed = Train(_images, schedule, _folder.Path, cancelAt);
        Assert.Equal(straight.Epochs, resumed.Epochs);
        Assert.Equal(straight, resumed with { Epochs = straight.Epochs });
    }

    [Fact]
    public void Projected_accuracy_is_what_projection_then_gives()
    {
        List<EpochMetrics> told = [];
        double? given = null;
        TrainingSchedule schedule = Stopping(StoppingEpochs) with { Phases = [Stopping(StoppingEpochs).Phases[0], new Projection()] };
        Train(_images, schedule, null, progress: p =>
        {
            if (p.Metrics is not null) told.Add(p.Metrics);
        }, phaseEnded: (_, report) =>
        {
            if (report.Phase is Projection) given = report.ValidationAccuracy;
        });
        Assert.Contains(told, m => m.ProjectedAccuracy != m.ValidationAccuracy);
        Assert.Equal(told.Max(m => m.ProjectedAccuracy), given);
    }

    [Fact]
    public void Measuring_projected_accuracy_changes_nothing()
    {
        Assert.Equal(AfterEachEpoch(null), AfterEachEpoch(3));

        List<string> AfterEachEpoch(int? patience)
        {
            List<string> weights = [];
            TrainingState? running = null;
            TrainingSchedule schedule = TrainingSchedule.Default with
            {
                Phases = [new Joint(3) { BatchSize = 4, Patience = patience }, new Projection()],
            };
            Train(_images, schedule, null, began: session => running = session, progress: p =>
            {
                if (p.Metrics is not null) weights.Add(WeightsOf(running!));
            });
            Assert.Equal(3, weights.Count);
            return weights;
        }
    }

    [Fact]
    public void Stopping_early_needs_images_that_are_held_out()
    {
        using TrainingImages all = Pictures(heldOut: 0);
        InvalidOperationException refused = Assert.Throws<InvalidOperationException>(() => Train(all, Stopping(1), null));
        Assert.Contains("set Patience to null", refused.Message);
        var ml = new Microsoft.ML.MLContext();
        ArgumentOutOfRangeException option = Assert.Throws<ArgumentOutOfRangeException>(
            () => ml.MulticlassClassification.Trainers.ProtoPNet(new() { Schedule = Stopping(1) }));
        Assert.Contains("hold some out", option.Message);
    }
}
