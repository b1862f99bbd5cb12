using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>Which tensors have gradients while phases run, and after them.</summary>
public sealed class GradientsTests
{
    [Fact]
    public void Only_what_a_phase_moves_has_gradients_and_after_it_nothing_has()
    {
        TrainingSession session = null!;
        var seen = new Dictionary<string, SortedSet<string>>();
        var left = new List<string>();
        using TrainingImages images = SmallRun.Pictures();
        SmallRun.Train(
            images,
            new()
            {
                Augmentation = Augmentation.None,
                Phases =
                [
                    new WarmUp(2) { BatchSize = 4 }, new Joint(2) { BatchSize = 4, FrozenStages = 1 }, new Projection(),
                    new AnchoredTuning(2) { BatchSize = 4 }, new Projection(),
                ],
            },
            folder: null, stages: 2, began: s => session = s, eachStep: Look, phaseEnded: (_, _) => left.AddRange(WithGradient()));

        Assert.Equal(["add_on_layers", "prototype_vectors"], seen["warm-up"]);
        Assert.Equal(["add_on_layers", "features.layer2", "prototype_vectors"], seen["joint"]);
        Assert.Equal(["add_on_layers"], seen["anchored tuning"]);
        Assert.Empty(left);

        void Look()
        {
            if (session.Running is not { } running) return;
            if (!seen.TryGetValue(running.Name, out SortedSet<string>? names)) seen[running.Name] = names = new(StringComparer.Ordinal);
            names.UnionWith(WithGradient());
        }

        IEnumerable<string> WithGradient() => session.Network.named_parameters().Where(p => p.parameter.grad is not null)
            .Select(p => string.Join('.', p.name.Split('.').Take(p.name.StartsWith("features", StringComparison.Ordinal) ? 2 : 1)));
    }
}
