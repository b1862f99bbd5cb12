using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Training;
using ProtoPNet.MLNet.Training.Features;
using Xunit;
using static ProtoPNet.MLNet.Tests.Training.SmallRun;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>Parts of training on a few small random pictures.</summary>
public sealed class TrainingPartsTests : IDisposable
{
    private static readonly NetworkArchitecture Small = SmallRun.Small with { Stages = 2, ImageSize = 48 };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private readonly TrainingImages _images = Pictures(heldOut: 0, side: 48);
    private readonly ProtoPNetNetwork _network = new(Small, new DeterministicRandom(3));

    [Theory]
    [InlineData(LatentSpace.Cube)]
    [InlineData(LatentSpace.Sphere)]
    public void Projection_is_idempotent(LatentSpace space)
    {
        using ProtoPNetNetwork network = new(Small with { LatentSpace = space }, new DeterministicRandom(3));
        using TestTraining session = Session(network);
        network.eval();
        IReadOnlyList<PlacedPrototype> first = session.Project(distinct: false);
        float[] vectors = network.PrototypeVectors.data<float>().ToArray();
        IReadOnlyList<PlacedPrototype> second = session.Project(distinct: false);
        Assert.All(second, p => Assert.True(p.Distance <= 1e-9, $"{p.Distance}"));
        Assert.Equal(first.Select(p => (p.Image, p.CellRow, p.CellColumn)), second.Select(p => (p.Image, p.CellRow, p.CellColumn)));
        Assert.Equal(vectors, network.PrototypeVectors.data<float>().ToArray());
    }

    [Fact]
    public void Prototypes_are_their_patches_after_projection_until_moved()
    {
        using TestTraining session = Session();
        _network.eval();
        session.State.Projected = session.Project(distinct: false);
        Assert.All(session.Loop.Patches.Look().Distances, d => Assert.InRange(d, 0, PatchCheck.Tolerance));
        using (no_grad()) _network.PrototypeVectors[5].add_(0.01);
        InvalidOperationException wrong = Assert.Throws<InvalidOperationException>(() => session.Loop.Patches.Check(session.Loop.Patches.Look()));
        Assert.StartsWith("Prototype 5 is no longer its patch", wrong.Message);
    }

    [Fact]
    public void Distinct_projection_gives_no_patch_to_two_prototypes_of_a_class()
    {
        using TestTraining session = Session();
        _network.eval();
        using (no_grad()) _network.PrototypeVectors.fill_(0.5); // all would take the same patch of their class
        Assert.Equal(Classes, session.Project(distinct: false).Select(Place).Distinct().Count());
        using (no_grad()) _network.PrototypeVectors.fill_(0.5);
        IReadOnlyList<PlacedPrototype> places = session.Project(distinct: true);
        Assert.Equal(Small.Prototypes, places.Select(Place).Distinct().Count());
        Assert.All(places.Zip(Small.PrototypeClasses), p => Assert.Equal(p.Second, _images[p.First.Image].Label));

        // One of each class's four equal prototypes gets the nearest patch; the cost is the extra distance of the others.
        DistinctCost cost = DistinctCost.Of(places);
        Assert.Equal(Small.Prototypes - Classes, cost.Displaced);
        double[] nearest = [.. Small.PrototypeClasses.Select(k => places.Where(p => _images[p.Image].Label == k).Min(p => p.Distance))];
        Assert.Equal(places.Zip(nearest).Average(p => p.First.Distance - p.Second), cost.Mean, 1e-4);
        Assert.Equal(places.Zip(nearest).Max(p => p.First.Distance - p.Second), cost.Max, 1e-4);
        Assert.True(cost.Mean > 1e-3);

        static (int, int, int) Place(PlacedPrototype p) => (p.Image, p.CellRow, p.CellColumn);
    }

    [Fact]
    public void Batches_leave_no_copy_of_their_pixels_to_the_garbage_collector()
    {
        using TestTraining session = Session();
        RenderedBatches views = session.Views.Augmented(views: 8, batchSize: 4);
        long batchBytes = 4L * 3 * Small.ImageSize * Small.ImageSize * sizeof(float), given = 0;
        foreach (TrainingBatch _ in views.Epoch(0, Cancel)) given++; // the pipeline allocates its memory once
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (TrainingBatch _ in views.Epoch(1, Cancel)) given++;
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, given / 2 * batchBytes / 4);
    }

    [Fact]
    public void Kept_features_are_what_the_frozen_stages_compute()
    {
        using TestTraining session = Session();
        _network.eval();
        RenderedBatches views = session.Views.Augmented(2, 4);
        using FeatureBank bank = session.Keeper.Bank(_network, session.Evaluation.Features, 1, new(views.Requests(0), FeatureCode.Half));
        bank.Fill(_ => { });
        Assert.Equal(Classes * PerClass * 2, bank.Count);
        using var scope = TorchSharp.torch.NewDisposeScope();
        using var mode = no_grad();
        double sum = views.InOrder(0, Cancel).Sum(b => _network.Features.Run(b.Inputs, 0, 1).to(ScalarType.Float64).sum().item<double>());
        double kept = bank.Read([.. Enumerable.Range(0, bank.Count)], 4).Sum(f => f.to(ScalarType.Float64).sum().item<double>());
        Assert.Equal(sum, kept, 1e-3 * Math.Abs(sum));
    }

    [Fact]
    public void The_views_of_an_epoch_depend_on_the_seed_and_the_epoch_alone()
    {
        using TestTraining session = Session();
        RenderedBatches views = session.Views.Augmented(2, 4);
        float[] first = Pixels(views, 0), again = Pixels(session.Views.Augmented(2, 4), 0);
        Assert.Equal(first, again);
        Assert.NotEqual(first, Pixels(views, 1));

        static float[] Pixels(RenderedBatches batches, int epoch)
            => [.. batches.Epoch(epoch, Cancel).SelectMany(b => b.Inputs.data<float>().ToArray())];
    }

    [Fact]
    public void Starting_prototypes_are_patches_of_their_class_and_differ()
    {
        using TestTraining session = Session();
        _network.eval();
        PrototypeStarter.Run(session.Context, _network, session.Evaluation, _ => { });
        IReadOnlyList<PlacedPrototype> places = session.Project(distinct: false);
        Assert.All(places, p => Assert.True(p.Distance < 1e-9, $"{p.Distance}"));
        Assert.Equal(Small.Prototypes, places.Select(p => (p.Image, p.CellRow, p.CellColumn)).Distinct().Count());
    }

    [Fact]
    public void Held_out_images_come_from_every_class_and_are_not_trained_on()
    {
        List<TrainingImage> images = [.. Enumerable.Range(0, 200).Select(i => new TrainingImage(i, $"{i}", i % 4))];
        HashSet<int> held = TrainingImages.HoldOut(images, 0.1, 1);
        Assert.All(Enumerable.Range(0, 4), k => Assert.Equal(5, held.Count(i => images[i].Label == k)));
        Assert.Equal(held, TrainingImages.HoldOut(images, 0.1, 1));
        Assert.Empty(TrainingImages.HoldOut(images, 0, 1));
    }

    public void Dispose()
    {
        _network.Dispose();
        _images.Dispose();
    }

    private TestTraining Session(ProtoPNetNetwork? network = null) => new(network ?? _network, _images);
}
