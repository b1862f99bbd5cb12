using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>Which tensors have gradients during and after phases.</summary>
public sealed class GradientsTests
{
    [Fact]
    public void Only_what_a_phase_trains_has_gradients_and_nothing_has_them_afterwards()
    {
        TrainingState state = null!;
        var seen = new Dictionary<string, SortedSet<string>>();
        var left = new List<string>();
        using TrainingImages images = SmallRun.Pictures();
        var schedule = new TrainingSchedule
        {
            Augmentation = Augmentation.None,
            Phases =
            [
                new WarmUp(2) { BatchSize = 4 }, new Joint(2) { BatchSize = 4, FrozenStages = 1 }, new Projection(),
                new AnchoredTuning(2) { BatchSize = 4 }, new Projection(),
            ],
        };
        SmallRun.Train(
            images, schedule,
            folder: null, stages: 2, began: s => state = s, eachStep: Look, phaseEnded: (_, _) => left.AddRange(WithGradient()));

        Assert.Equal(["add_on_layers", "prototype_vectors"], seen["warm-up"]);
        Assert.Equal(["add_on_layers", "features.layer2", "prototype_vectors"], seen["joint"]);
        Assert.Equal(["add_on_layers"], seen["anchored tuning"]);
        Assert.Empty(left);

        void Look()
        {
            if (state.Running is null) return;
            string phase = schedule.Phases[state.Ended.Count].Name;
            if (!seen.TryGetValue(phase, out SortedSet<string>? names)) seen[phase] = names = new(StringComparer.Ordinal);
            names.UnionWith(WithGradient());
        }

        IEnumerable<string> WithGradient() => state.Network.named_parameters().Where(p => p.parameter.grad is not null)
            .Select(p => string.Join('.', p.name.Split('.').Take(p.name.StartsWith("features", StringComparison.Ordinal) ? 2 : 1)));
    }
}
