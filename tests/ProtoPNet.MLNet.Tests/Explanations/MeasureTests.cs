using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Tests.Network;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Explanations;

/// <summary>Each measure on a case small enough to compute by hand.</summary>
public sealed class MeasureTests
{
    [Fact]
    public void Evidence_is_the_fewest_prototypes_that_make_up_80_percent_of_the_positive_points()
    {
        float[,] weights = { { 1, 2, 0, -1, 1 }, { 5, 5, 5, 5, 5 } };
        // Points for class 0: 1, 6, 0, −9, 2; 80 % of 9 is 7.2.
        Assert.Equal([1, 4], StrongEvidence.For([1, 3, 4, 9, 2], weights, 0));
        Assert.Equal([], StrongEvidence.For([0, 0, 1, 1, 0], weights, 0)); // nothing speaks for it
        Assert.Equal(4, StrongEvidence.Count([1, 1, 1, 1, 1]));
        Assert.Equal([3, 2], StrongEvidence.MostSimilar([1, 3, 4, 9, 2], 2));
    }

    [Fact]
    public void Overlap_is_the_share_of_pixels_where_both_maps_are_above_their_middle()
    {
        // At a side of 4 a map of 4 × 4 is not enlarged. The first fires in the upper half, the second in the left half: 4 of 12 pixels are common.
        FiringArea upper = FiringArea.Of(Map((y, _) => y < 2 ? 9 : 1), 4), left = FiringArea.Of(Map((_, x) => x < 2 ? 0.9f : 0.8f), 4);
        Assert.Equal(4 / 12.0, upper.Overlap(left), 1e-12);
        Assert.Equal(1, upper.Overlap(upper));
        Assert.Equal(0, upper.Overlap(FiringArea.Of(Map((y, _) => y < 2 ? 1 : 9), 4)));
        FiringArea everywhere = FiringArea.Of(Map((_, _) => 3), 4);
        Assert.Equal(0.5, everywhere.Overlap(upper));
        Assert.Equal(new PixelBox(0, 4, 0, 4), everywhere.Box);
    }

    [Fact]
    public void Overlap_size_and_share_on_the_object_are_means_over_images()
    {
        EvidenceMeasures measures = new(4);
        FiringArea upper = FiringArea.Of(Map((y, _) => y < 2 ? 9 : 1), 4), corner = FiringArea.Of(Map((y, x) => y == 0 && x == 0 ? 9 : 1), 4);
        AnnotatedInput image = new([], 8, 8) { ObjectBox = new(0, 2, 8, 6) }; // all but the first row of four
        measures.Add([upper, corner], image); // on the object: half of the upper box, nothing of the corner
        measures.Add([upper], new([], 8, 8));
        measures.Add([], image);
        Assert.Equal(1, measures.Size);
        Assert.Equal(1 / 8.0, measures.Overlap!.Value, 1e-12); // only the first has a pair
        Assert.Equal((0.5 + 0) / 2, measures.OnObject!.Value, 1e-12);
        Assert.Null(new EvidenceMeasures(4).Overlap);
        Assert.Null(new EvidenceMeasures(4).OnObject);
    }

    [Fact]
    public void The_share_of_a_box_on_the_object_is_that_of_its_area()
    {
        ObjectBox box = new(10, 20, 100, 50);
        Assert.Equal(1, box.ShareOf(new(30, 50, 20, 60), 1, 1));
        Assert.Equal(0.5, box.ShareOf(new(10, 30, 20, 60), 1, 1), 1e-12); // its upper half is above the object
        Assert.Equal(0.25, box.ShareOf(new(10, 30, 0, 20), 1, 1), 1e-12);
        Assert.Equal(0, box.ShareOf(new(0, 5, 0, 5), 1, 1));
        Assert.Equal(0.5, box.ShareOf(new(5, 15, 10, 30), 2, 2), 1e-12); // the photograph is twice as large as the input
    }

    [Fact]
    public void Changes_of_similarity_and_rank_are_relative()
    {
        float[] before = [4, 8, 2, 6], after = [4, 3, 2, 6];
        // From 8 to 3, from the first to the third.
        Assert.Equal(new SimilarityChange(5 / 8.0, 2), SimilarityChange.Of(before, after, 1));
        // The third becomes the second.
        Assert.Equal(new SimilarityChange(0, 1 / 3.0), SimilarityChange.Of(before, after, 0));
        Assert.Equal(new SimilarityChange(0, 0), SimilarityChange.Of([-1, -2], [-1, -2], 1));
        Assert.Equal(new SimilarityChange(0.5, 0), SimilarityChange.Of([-1, -2], [-1, -3], 1));
        Assert.Null(SimilarityChange.Of([0, 1], [1, 1], 0));
    }

    [Fact]
    public void A_fall_is_relative_to_the_similarity_and_an_excess_to_any_other_box()
    {
        Assert.Equal(0.75, Deletion.Fall(8, 2));
        Assert.Equal(-0.25, Deletion.Fall(8, 10));
        Assert.Equal(0.5, Deletion.Fall(-2, -3)); // linear similarities are negative distances
        Assert.Equal(0.5, new Deletion(0.75, 0.25).Excess);
    }

    [Fact]
    public void A_box_is_painted_over_with_the_mean_colour_of_the_photograph_and_nothing_else_changes()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor input = arange(3 * 16, float32).view(3, 4, 4);
        Tensor painted = Perturbations.Painted(input, new(1, 3, 2, 4));
        for (int c = 0; c < 3; c++)
            for (int y = 0; y < 4; y++)
                for (int x = 0; x < 4; x++)
                    Assert.Equal(y is 1 or 2 && x >= 2 ? 16 * c + 7.5f : 16 * c + 4 * y + x, painted[c, y, x].item<float>());
    }

    [Fact]
    public void Noise_outside_a_box_leaves_the_box_alone()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor input = ones(3, 4, 4), noisy = Perturbations.NoisyOutside(input, full([3, 4, 4], 0.5f), new(1, 3, 2, 4));
        Assert.Equal(3 * 4, (noisy == 1).sum().item<long>());
        Assert.Equal(3 * 12, (noisy == 1.5f).sum().item<long>());
        Assert.Equal(1, noisy[0, 1, 2].item<float>());
    }

    [Fact]
    public void Noise_of_completeness_has_a_deviation_of_5_percent_and_depends_on_the_images_number_alone()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor two = Perturbations.Noise(zeros(2, 3, 64, 64), InputNormalisation.ImageNet, NoiseKind.Completeness, 4);
        Assert.InRange(two.std().item<float>(), 0.049f, 0.051f);
        Tensor second = Perturbations.Noise(zeros(1, 3, 64, 64), InputNormalisation.ImageNet, NoiseKind.Completeness, 5);
        Assert.Equal(second[0].Floats(), two[1].Floats());
    }

    [Fact]
    public void More_light_makes_pixels_10_percent_brighter_up_to_white()
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (InputNormalisation normalisation in new[] { InputNormalisation.ImageNet, InputNormalisation.ZeroTo255 })
        {
            float Normalised(float pixel, int channel) => (pixel - normalisation.Mean[channel]) / normalisation.Deviation[channel];
            Tensor input = tensor([.. new[] { 0, 1, 2 }.SelectMany(c => new[] { Normalised(0.5f, c), Normalised(0.95f, c) })], [1, 3, 1, 2]);
            float[] brighter = Perturbations.Brighter(input, normalisation).Floats();
            for (int c = 0; c < 3; c++)
            {
                Assert.Equal(Normalised(0.55f, c), brighter[2 * c], 1e-3 / normalisation.Deviation[c] * 0.01);
                Assert.Equal(Normalised(1, c), brighter[2 * c + 1], 1e-3 / normalisation.Deviation[c] * 0.01);
            }
        }
    }

    [Fact]
    public void A_box_elsewhere_has_the_same_size_and_lies_anywhere_within()
    {
        DeterministicRandom random = new(3);
        PixelBox[] boxes = [.. Enumerable.Range(0, 500).Select(_ => Perturbations.Elsewhere(new(2, 4, 1, 4), 5, random))];
        Assert.All(boxes, box => Assert.Equal((2, 3), (box.Height, box.Width)));
        Assert.Equal(4 * 3, boxes.Distinct().Count());
        Assert.All(boxes, box => Assert.True(box is { Top: >= 0, Bottom: <= 5, Left: >= 0, Right: <= 5 }));
        Assert.Equal(new PixelBox(0, 5, 0, 5), Perturbations.Elsewhere(new(0, 5, 0, 5), 5, random));
    }

    [Fact]
    public void Parts_in_the_box_decide_consistency_stability_and_no_part()
    {
        using TrainedProtoPNet model = Models.Make();
        using DisposeScope scope = NewDisposeScope();
        PointingMeasures measures = new(model);
        // Maps of 2 × 2 at a side of 32: the peak of the enlarged map lies in the quarter that fires; a box reaches 5 pixels.
        Tensor corner = Fires(0, 0), other = Fires(1, 1);
        (int row, int column) = new PeakBoxes(Models.Side).Peaks(corner.narrow(0, 0, 1))[0];
        AnnotatedInput shows = new([new("crown", column, row), new("tail", 31, 0)], 32, 32), hides = new([new("tail", 31, 0)], 32, 32);
        measures.Add(0, shows, corner, corner); // the crown, with and without noise
        measures.Add(0, shows, corner, other); // the crown, lost under noise
        measures.Add(0, hides, corner, other); // nothing, and still nothing
        measures.Add(0, new([], 32, 32), corner, corner); // not annotated

        PrototypeTrust trust = measures.Of(0);
        Assert.Equal(4, trust.OwnImages);
        Assert.Equal(new PartShare("crown", 2, 2), trust.BestPart);
        Assert.Equal((1 / 3.0, 2 / 3.0), (trust.NoPart!.Value, trust.Stability!.Value));
        Assert.Equal(1 / 3.0, measures.NoPart);
        Assert.Equal(1.0 / Models.PerClass, measures.DistinctPlaces, 1e-12); // its three prototypes peak at the same place
        Assert.Equal(new PrototypeTrust(0), measures.Of(Models.PerClass)); // of another class
        Assert.Equal(0.5, measures.Purity([(Cells(0, 0), shows), (Cells(1, 1), shows), (Cells(0, 0), new([], 32, 32))]));
        Assert.Null(measures.Purity([(Cells(0, 0), new([], 32, 32))]));

        static float[,] Cells(int row, int column)
        {
            float[,] cells = new float[2, 2];
            cells[row, column] = 1;
            return cells;
        }

        static Tensor Fires(int row, int column) => tensor(Cells(row, column)).expand(Models.Classes * Models.PerClass, 2, 2);
    }

    [Theory]
    [InlineData(1f, 0.9901f, true)]
    [InlineData(1f, 0.985f, false)]
    [InlineData(-1f, -1.005f, true)]
    [InlineData(0f, 0f, true)]
    [InlineData(0f, 1e-9f, false)]
    public void A_map_is_flat_if_its_values_are_within_1_percent(float one, float other, bool flat)
    {
        float[,] map = { { one, one }, { one, other } };
        Assert.Equal(flat, SimilarityMap.IsFlat(map));
        PixelBox all = new(0, 32, 0, 32), box = SimilarityMap.HighActivationBox(map, 32);
        Assert.Equal(flat, box == all);
    }

    private static float[,] Map(Func<int, int, float> value)
    {
        float[,] map = new float[4, 4];
        for (int y = 0; y < 4; y++)
            for (int x = 0; x < 4; x++) map[y, x] = value(y, x);
        return map;
    }
}
