using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Tests.Network;
using ProtoPNet.MLNet.Training;
using TorchSharp;
using Xunit;
using static ProtoPNet.MLNet.Tests.Training.SmallRun;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Training;

public sealed class SteadyingTests : IDisposable
{
    private const double Noise = 0.9;

    private readonly TemporaryFolder _folder = new();
    private readonly TrainingImages _images = Pictures(heldOut: 0);

    public void Dispose()
    {
        _images.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Noise_moves_the_features_less_and_those_of_clean_images_stay()
    {
        using ProtoPNetNetwork network = new(Small, new DeterministicRandom(3)), before = new(Small, new DeterministicRandom(3));
        using TestTraining session = new(network, _images, new() { Phases = [new Steadying(8) { Noise = Noise, BatchSize = 5 }, new Projection()] });
        session.Loop.Run(_ => { });
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        before.eval();
        var random = new DeterministicRandom(7);
        foreach (TrainingBatch batch in session.Views.Whole(_images.Training).InOrder(0, TestContext.Current.CancellationToken))
        {
            Tensor noisy = batch.Inputs + tensor([.. Enumerable.Range(0, (int)batch.Inputs.numel()).Select(_ => (float)(Noise * random.Normal()))])
                .reshape(batch.Inputs.shape);
            Tensor target = before.Features.call(batch.Inputs);
            double Moved(Tensor features) => (features - target).square().sum().item<float>() / target.square().sum().item<float>();
            double untrained = Moved(before.Features.call(noisy)), trained = Moved(network.Features.call(noisy)), clean = Moved(network.Features.call(batch.Inputs));
            Assert.True(trained < 0.8 * untrained, $"{untrained} before, {trained} after");
            Assert.True(clean < 0.5 * untrained, $"{untrained} by noise before, {clean} by training");
        }
        SteadyingReport report = session.State.Ended[0].Steadied!;
        Assert.True(report.After < report.Before);
    }

    [Fact]
    public void Nothing_but_the_backbone_learns_and_prototypes_then_start_on_its_patches()
    {
        using ProtoPNetNetwork network = new(Small with { LatentSpace = LatentSpace.Sphere }, new DeterministicRandom(3));
        string addOn = Text(network.AddOnLayers), lastLayer = Convert.ToHexString(network.LastLayer.bytes), backbone = Text(network.Features);
        using TestTraining session = new(network, _images, new() { Phases = [new Steadying(1) { BatchSize = 5 }, new Projection()] });
        session.Loop.Run(report =>
        {
            if (report.Phase is not Steadying) return;
            Assert.Equal((addOn, lastLayer), (Text(network.AddOnLayers), Convert.ToHexString(network.LastLayer.bytes)));
            Assert.NotEqual(backbone, Text(network.Features));
        });
        // The projection finds every prototype on a patch already.
        Assert.All(session.State.Projected, placed => Assert.InRange(placed.Distance, 0, 1e-6));
    }

    /// <summary>Afterwards a new linear classifier on the mean of the map learns faster, and noise moves the features less than at first.</summary>
    [Fact]
    public void With_a_pooled_cost_the_backbone_learns_to_tell_the_classes_apart()
    {
        (double Cost, SteadyingReport Report) Steadied(double pooled)
        {
            using ProtoPNetNetwork network = new(Small, new DeterministicRandom(3));
            using TestTraining session = new(network, _images, new()
            {
                Phases = [new Steadying(60) { Noise = 0.2, BatchSize = 5, BackboneRate = 2e-3, ClassifierRate = 0.05 }, new Projection()],
                Loss = new(Pooled: pooled),
            });
            session.Loop.Run(_ => { });
            using DisposeScope scope = NewDisposeScope();
            using PooledHead head = new(network);
            head.Adam.With((0.01, 0));
            (Tensor Features, Tensor Labels)[] seen;
            using (no_grad())
                seen = [.. session.Views.Whole(_images.Training).InOrder(0, TestContext.Current.CancellationToken)
                    .Select(batch => (network.Features.call(batch.Inputs), batch.Labels.clone()))];
            double cost = 0;
            for (int step = 0; step < 30; step++)
                foreach ((Tensor features, Tensor labels) in seen)
                    head.Learn(features, logits =>
                    {
                        Tensor entropy = nn.functional.cross_entropy(logits, labels);
                        cost = entropy.item<float>();
                        return entropy;
                    });
            return (cost, session.State.Ended[0].Steadied!);
        }

        (double Cost, SteadyingReport Report) without = Steadied(0), with = Steadied(1);
        Assert.True(with.Cost < 0.8 * without.Cost, $"{without.Cost} without, {with.Cost} with");
        Assert.True(with.Report.After < with.Report.Before, $"{with.Report}");
        Assert.Equal(without, Steadied(0));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(9)]
    public void A_run_that_is_stopped_while_steadying_repeats_it_and_gives_the_same_model(int stop)
    {
        TrainingSchedule schedule = TrainingSchedule.FrozenBackbone with
        {
            Phases = [new Steadying(3) { BatchSize = 5 }, new WarmUp(2) { Views = 2, BatchSize = 7 }, new Projection()],
            Loss = TrainingSchedule.FrozenBackbone.Loss with { Pooled = 0.3 },
        };
        Outcome whole = Train(_images, schedule, null)!;
        Assert.Null(Train(_images, schedule, _folder.Path, cancelAt: stop));
        Outcome resumed = Train(_images, schedule, _folder.Path)!;
        Assert.Equal((whole.Weights, whole.Places), (resumed.Weights, resumed.Places));
    }

    [Fact]
    public void Phases_share_their_views()
    {
        using ProtoPNetNetwork network = new(Small, new DeterministicRandom(3));
        using TestTraining session = new(network, _images, new()
        {
            Phases = [new WarmUp(2) { Views = 3, BatchSize = 7 }, new Projection(), new AnchoredTuning(1) { Views = 2 }, new Projection()],
        });
        network.eval();
        int[] images = _images.Training;
        float[][] Features(int count) => [.. session.Evaluation.Views(images, count, 100).InOrder(0, default).SelectMany(batch =>
            Enumerable.Range(0, batch.Images.Length).Select(n => batch.Inputs[n].Floats()).ToArray())];
        float[][] three = Features(3), two = Features(2);
        for (int i = 0; i < images.Length; i++)
            for (int view = 0; view < 2; view++) Assert.Equal(three[3 * i + view], two[2 * i + view]);
        Assert.NotEqual(three[0], three[1]);
    }

    private static string Text(nn.Module module) => string.Join(' ', StateDict.Of(module).Select(t => Convert.ToHexString(t.Tensor.bytes)));
}
