using System.Diagnostics;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Training;
using Xunit;
using static ProtoPNet.MLNet.Tests.Training.SmallRun;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>The add-on layers learn while prototypes stay on their patches.</summary>
public sealed class AnchoredTuningTests : IDisposable
{
    private readonly TrainingImages _images = Pictures();

    public void Dispose() => _images.Dispose();

    [Theory]
    [InlineData(LatentSpace.Cube, 1)]
    [InlineData(LatentSpace.Sphere, 2)]
    public void Prototypes_stay_on_their_patches_while_the_add_on_layers_learn(LatentSpace space, int side)
    {
        NetworkArchitecture architecture = Small with { LatentSpace = space, PrototypeHeight = side, PrototypeWidth = side };
        using ProtoPNetNetwork network = new(architecture, new DeterministicRandom(3));
        AnchoredTuning tuning = new(6) { Views = 2, BatchSize = 8, AddOnRate = 1e-2, Dropout = 0 };
        using TestTraining session = Session(network, new Projection(), tuning, new Projection());
        List<(string AddOn, string Backbone, string Prototypes, (int, int, int)[] Places)> seen = [];
        session.Loop.Run(report =>
        {
            Assert.All(session.Loop.Patches.Look().Distances, d => Assert.InRange(d, 0, PatchCheck.Tolerance));
            seen.Add((Hash(network.AddOnLayers), Hash(network.Features), Convert.ToHexString(network.PrototypeVectors.bytes),
                [.. session.State.Projected.Select(p => (p.Image, p.CellRow, p.CellColumn))]));
        });
        Assert.NotEqual(seen[0].AddOn, seen[1].AddOn);
        Assert.NotEqual(seen[0].Prototypes, seen[1].Prototypes);
        Assert.Equal(seen[0].Backbone, seen[1].Backbone);

        // The next projection moves prototypes only by rounding.
        Assert.Equal(seen[1].Places, seen[2].Places);
        Assert.All(session.State.Projected, p => Assert.InRange(p.Distance, 0, 1e-9));

        IReadOnlyList<EpochMetrics> epochs = session.State.Ended[1].Epochs;
        Assert.True(epochs[^1].CrossEntropy < 0.9 * epochs[0].CrossEntropy, $"{epochs[0].CrossEntropy} to {epochs[^1].CrossEntropy}");
    }

    [Fact]
    public void A_photograph_borrows_the_distance_of_others_to_the_prototypes_cut_from_it()
    {
        using ProtoPNetNetwork network = new(Small, new DeterministicRandom(3));
        using TestTraining session = Session(network, new Projection());
        session.Loop.Run(_ => { });
        using Anchors anchors = new(session.State, session.Loop.Patches, session.Evaluation);
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        foreach (TrainingBatch batch in session.Views.Whole(_images.Training).InOrder(0, TestContext.Current.CancellationToken))
        {
            Tensor features = session.Evaluation.Features.Of(batch.Inputs);
            Tensor nearest = ProtoPNetNetwork.MinDistances(network.Distances(network.LatentOf(features)));
            float[,] plain = Rows(nearest), given = Rows(anchors.WithoutOwnPhotographs(nearest, batch));
            int[] images = batch.Images.ToArray();
            int borrowed = 0;
            for (int n = 0; n < images.Length; n++)
                for (int p = 0; p < Small.Prototypes; p++)
                {
                    int source = session.State.Projected[p].Image;
                    float[] others = [.. Enumerable.Range(0, images.Length)
                        .Where(i => images[i] != source && _images[images[i]].Label == Small.PrototypeClasses[p]).Select(i => plain[i, p])];
                    if (images[n] == source) borrowed++;
                    Assert.Equal(images[n] == source ? others.Average() : plain[n, p], given[n, p], 1e-5);
                }
            Assert.Equal(Small.Prototypes, borrowed);
        }

        // Alone in a batch, an image has no other view to borrow from.
        foreach (TrainingBatch batch in session.Views.Whole([session.State.Projected[0].Image]).InOrder(0, TestContext.Current.CancellationToken))
        {
            Tensor nearest = ProtoPNetNetwork.MinDistances(network.Distances(network.LatentOf(session.Evaluation.Features.Of(batch.Inputs))));
            Assert.InRange(anchors.WithoutOwnPhotographs(nearest, batch)[0, 0].item<float>(), 0, PatchCheck.Tolerance);
        }
    }

    [Fact]
    public void Whole_channels_are_dropped_by_seed_and_the_expected_sum_is_kept()
    {
        using var scope = NewDisposeScope();
        Tensor features = ones([50, 80, 2, 3]);
        Tensor thinned = ChannelDropout.Of(features, 0.3, 7);
        Assert.Equal(thinned.bytes.ToArray(), ChannelDropout.Of(features, 0.3, 7).bytes.ToArray());
        Assert.NotEqual(thinned.bytes.ToArray(), ChannelDropout.Of(features, 0.3, 8).bytes.ToArray());
        Assert.Equal([0f, (float)(1 / 0.7)], thinned.data<float>().Distinct().Order());
        Assert.Equal(thinned.amin([2, 3]).bytes.ToArray(), thinned.amax([2, 3]).bytes.ToArray());
        Assert.Equal(1, thinned.mean().item<float>(), 0.03);
        Assert.NotEqual(thinned[0].bytes.ToArray(), thinned[1].bytes.ToArray());
        Assert.Same(features, ChannelDropout.Of(features, 0, 7));
    }

    [Fact]
    public void Filling_the_feature_cache_does_not_count_as_step_time()
    {
        using ProtoPNetNetwork network = new(Small, new DeterministicRandom(3));
        TrainingProgress? told = null;
        TrainingContext context = new(TrainingSchedule.Default, _images, 1, CPU) { Progress = p => told = p };
        using TrainingState state = new(network) { Running = new(PhaseSoFar.Nothing) };
        PhaseProgress progress = new(context, state);
        Thread.Sleep(200); // computing features
        var steps = Stopwatch.StartNew();
        progress.EpochStarted(0, 0);
        progress.EpochEnded(10, new EpochLosses().Mean(1));
        Assert.InRange(told!.PhaseLeft, TimeSpan.Zero, 9 * steps.Elapsed);
    }

    private TestTraining Session(ProtoPNetNetwork network, params TrainingPhase[] phases)
        => new(network, _images, TrainingSchedule.Default with { Phases = phases });

    private static string Hash(nn.Module module) => string.Join(' ', module.parameters().Select(p => Convert.ToHexString(p.bytes)));

    private static float[,] Rows(Tensor matrix)
    {
        var rows = new float[matrix.shape[0], matrix.shape[1]];
        Buffer.BlockCopy(matrix.contiguous().data<float>().ToArray(), 0, rows, 0, rows.Length * sizeof(float));
        return rows;
    }
}
