using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Tests.Network;
using ProtoPNet.MLNet.Training;
using TorchSharp;
using Xunit;
using static ProtoPNet.MLNet.Tests.Training.SmallRun;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Training;

public sealed class SteadinessPruningTests : IDisposable
{
    private static readonly SteadinessPruning s_phase = new(0.5) { Noise = 0.5, Copies = 3 };

    private readonly TemporaryFolder _folder = new();
    private readonly TrainingImages _images = Pictures();

    public void Dispose()
    {
        _images.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_prototype_is_as_steady_as_the_share_of_noisy_copies_that_leave_its_nearest_patch_in_place()
    {
        using ProtoPNetNetwork network = new(Small, new DeterministicRandom(3));
        using TestTraining session = new(network, _images, new() { Phases = [new Projection()] });
        session.Loop.Run(_ => { });
        network.eval();
        double[] steadiness = Steadiness(session, s_phase);

        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var expected = new double[network.Architecture.Prototypes];
        for (int j = 0; j < expected.Length; j++)
        {
            (int stayed, int copies) = (0, 0);
            foreach (int image in _images.Training.Where(i => _images[i].Label == network.Architecture.PrototypeClasses[j]))
            {
                float[] whole = session.Views.Whole([image]).InOrder(0, TestContext.Current.CancellationToken).Select(batch => batch.Inputs.Floats()).Single();
                for (int copy = 0; copy < s_phase.Copies; copy++, copies++)
                {
                    float[] noisy = [.. whole];
                    new PixelNoise(ViewSeed.Of(1, -2, image, copy), s_phase.Noise).AddTo(noisy, network.Architecture.Backbone.Normalisation);
                    if (Place(network, noisy, j) == Place(network, whole, j)) stayed++;
                }
            }
            expected[j] = (double)stayed / copies;
        }
        Assert.Equal(expected, steadiness);
        Assert.True(steadiness.Distinct().Count() > 2, "The test would not notice if all were alike.");
    }

    [Fact]
    public void Large_classes_are_judged_by_as_many_of_their_images_as_the_views_suffice_for_and_by_one_at_least()
    {
        using ProtoPNetNetwork network = new(Small, new DeterministicRandom(3));
        using TestTraining session = new(network, _images, new() { Phases = [new Projection()] });
        network.eval();
        double[] two = Steadiness(session, s_phase with { MostViews = 2 * Classes * s_phase.Copies }), one = Steadiness(session, s_phase with { MostViews = 1 });
        Assert.All(two, share => Assert.Equal(Math.Round(6 * share), 6 * share, 1e-9)); // six copies of two images
        Assert.All(one, share => Assert.Equal(Math.Round(3 * share), 3 * share, 1e-9));
        Assert.Contains(two, share => Math.Abs(Math.Round(3 * share) - 3 * share) > 0.1);
    }

    [Fact]
    public void Without_noise_every_prototype_is_steady()
    {
        using ProtoPNetNetwork network = new(Small, new DeterministicRandom(3));
        using TestTraining session = new(network, _images, new() { Phases = [new Projection()] });
        network.eval();
        Assert.All(Steadiness(session, s_phase with { Noise = 0 }), share => Assert.Equal(1, share));
    }

    [Fact]
    public void Each_class_keeps_its_steadiest_prototypes_with_their_places()
    {
        double[]? steadiness = null;
        var before = new List<(int Image, int Row, int Column)>();
        Train(_images, new() { Phases = [new Projection(), s_phase], Augmentation = Augmentation.None }, folder: null, phaseEnded: (state, report) =>
        {
            if (report.Phase is Projection)
            {
                using ProtoPNetNetwork copy = new(Small, new DeterministicRandom(4));
                using TestTraining session = new(copy, _images, new() { Phases = [new Projection()] });
                StateDict.Assign(copy, StateDict.Of(copy).Select(t => t.Name), name => StateDict.Of(state.Network).First(t => t.Name == name).Tensor, "");
                copy.eval();
                steadiness = Steadiness(session, s_phase);
                before.AddRange(state.Projected.Select(placed => (placed.Image, placed.CellRow, placed.CellColumn)));
                return;
            }
            int[] kept = [.. Enumerable.Range(0, 12).GroupBy(j => Small.PrototypeClasses[j])
                .SelectMany(own => own.OrderByDescending(j => steadiness![j]).Take(2)).Order()];
            Assert.Equal(kept.Select(j => before[j]), state.Projected.Select(placed => (placed.Image, placed.CellRow, placed.CellColumn)));
            Assert.Equal([0, 0, 1, 1, 2, 2], state.Network.Architecture.PrototypeClasses);
            Assert.Equal((12, 6), (report.Removal!.Before, report.Removal.Left));
        });
        Assert.NotNull(steadiness);
    }

    [Fact]
    public void The_share_is_rounded_up_so_that_few_prototypes_all_stay()
        => Train(_images, new() { Phases = [new Projection(), s_phase with { Share = 0.76 }] }, folder: null, phaseEnded: (state, report) =>
        {
            Assert.Null(report.Removal);
            Assert.Equal(12, state.Network.Architecture.Prototypes);
        });

    [Fact]
    public void A_run_that_is_stopped_in_it_gives_the_same_model()
    {
        TrainingSchedule schedule = new() { Phases = [new Projection(), s_phase, new LastLayerFit(1e-3)], Augmentation = Augmentation.None };
        (int checks, int begins, int ends) = (0, 0, 0);
        Outcome whole = Train(_images, schedule, null, eachStep: () => checks++, phaseEnded: (_, report) =>
        {
            if (report.Phase is Projection) begins = checks;
            if (report.Phase is SteadinessPruning) ends = checks;
        })!;
        Assert.True(ends - begins > 1, "It can be stopped within.");
        Assert.Null(Train(_images, schedule, _folder.Path, cancelAt: begins + 2));
        Assert.Equal(whole, Train(_images, schedule, _folder.Path)! with { Epochs = whole.Epochs });
    }

    [Fact]
    public void It_judges_patches_so_it_comes_after_a_projection()
    {
        var e = Assert.Throws<ArgumentException>(() => new TrainingSchedule { Phases = [new SteadinessPruning(), new Projection()] }.Check());
        Assert.Contains("(pruning by steadiness) judges prototypes by their patches. Add a Projection before it.", e.Message);
        Assert.Contains("Share is 0; it must be above 0", Assert.Throws<ArgumentException>(
            () => new TrainingSchedule { Phases = [new Projection(), new SteadinessPruning(0)] }.Check()).Message);
    }

    private static double[] Steadiness(TestTraining session, SteadinessPruning phase)
        => new PlaceSteadiness(session.Context, session.State, session.Views, session.Evaluation).Of(phase, _ => { });

    private static long Place(ProtoPNetNetwork network, float[] pixels, int prototype)
    {
        LatentMap latent = network.Latent(tensor(pixels, [1, 3, Side, Side]));
        return latent.Outside(network.Distances(latent), double.PositiveInfinity)[0, prototype].flatten().argmin().item<long>();
    }
}
