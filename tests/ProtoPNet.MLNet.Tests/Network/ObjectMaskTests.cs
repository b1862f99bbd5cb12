using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Layers;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Tests.Training;
using ProtoPNet.MLNet.Training;
using TorchSharp;
using Xunit;
using static ProtoPNet.MLNet.Tests.Training.SmallRun;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Network;

public sealed class ObjectMaskTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Cells_whose_positive_activations_sum_to_well_above_the_mean_are_the_object()
    {
        // Two channels of 2 × 3 cells. Sums without the negative one: 1 2 6 / 3 0 0, threshold 1.2 × 2.
        Tensor features = tensor([1f, 0, 6, 3, -9, 0, 0, 2, 0, 0, 0, 0], [1, 2, 2, 3]);
        Assert.Equal([false, false, true, true, false, false], Cells(ObjectMask.Of(features, 1, 1)));
    }

    [Fact]
    public void A_patch_of_several_cells_counts_by_the_mean_of_its_cells()
    {
        // Patches of 1 × 2: 1.5 4 / 1.5 0, threshold 1.2 × 1.75.
        Tensor features = tensor([1f, 2, 6, 3, 0, 0], [1, 1, 2, 3]);
        Tensor mask = ObjectMask.Of(features, 1, 2);
        Assert.Equal([1, 1, 2, 2], mask.shape);
        Assert.Equal([false, true, false, false], Cells(mask));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.1f)]
    [InlineData(1e30f)]
    public void A_flat_map_is_object_everywhere(float value) => Assert.All(Cells(ObjectMask.Of(full([2, 3, 7, 7], value), 1, 1)), Assert.True);

    [Fact]
    public void Each_photograph_has_its_own_threshold()
    {
        Tensor one = rand(1, 4, 5, 5), both = cat([one, one.Times(100)]);
        bool[] cells = Cells(ObjectMask.Of(both, 1, 1));
        Assert.Equal(cells[..25], cells[25..]);
        Assert.Contains(false, cells);
    }

    [Theory]
    [InlineData(LatentSpace.Sphere, 1, 4)]
    [InlineData(LatentSpace.Cube, 1, 8)]
    [InlineData(LatentSpace.Sphere, 2, 16)]
    [InlineData(LatentSpace.Cube, 2, 32)]
    public void Patches_off_the_object_have_the_largest_distance_and_all_others_their_own(LatentSpace space, int side, double largest)
    {
        NetworkArchitecture without = Small with { LatentSpace = space, PrototypeHeight = side, PrototypeWidth = side };
        using ProtoPNetNetwork plain = new(without, new DeterministicRandom(3)), masked = new(
            without with { ObjectMask = true }, new DeterministicRandom(3));
        plain.eval();
        masked.eval();
        Tensor images = GoldenGenerator.NormalisedImages(60000, 2, Side);
        LatentMap latent = masked.Latent(images);
        Tensor expected = plain.Distances(plain.Latent(images)), found = masked.Distances(latent), on = latent.OnObject!.expand_as(found);
        Assert.Equal(expected[on].Floats(), found[on].Floats());
        float[] off = found[on.logical_not()].Floats();
        Assert.NotEmpty(off);
        Assert.All(off, d => Assert.Equal(largest, d));
        Assert.True(expected.max().item<float>() <= largest);
    }

    [Fact]
    public void Prototypes_start_on_the_object_and_are_projected_onto_it()
    {
        using TrainingImages images = Pictures(heldOut: 0);
        using ProtoPNetNetwork network = new(Small with { ObjectMask = true, LatentSpace = LatentSpace.Sphere }, new DeterministicRandom(3));
        using TestTraining session = new(network, images, new()
        {
            Phases = [new WarmUp(1) { Views = 2, BatchSize = 8 }, new Projection { Distinct = true }],
        });
        int checkedPlaces = 0;
        session.Loop.Run(_ =>
        {
            if (session.State.Projected.Count == 0) return;
            foreach (TrainingBatch batch in session.Views.Whole(images.Training).InOrder(0, TestContext.Current.CancellationToken))
            {
                Tensor mask = network.OnObject(session.Evaluation.Features.Of(batch.Inputs))!;
                foreach (PlacedPrototype placed in session.State.Projected)
                    if (batch.Images.Span.IndexOf(placed.Image) is >= 0 and var n)
                    {
                        Assert.True(mask[n, 0, placed.CellRow, placed.CellColumn].item<bool>());
                        checkedPlaces++;
                    }
            }
        });
        Assert.Equal(Small.Prototypes, checkedPlaces);
    }

    private static bool[] Cells(Tensor mask) => [.. mask.contiguous().data<bool>()];
}
