using CsCheck;
using ProtoPNet.MLNet.Images;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Images;

public class ViewTests
{
    private static readonly Gen<Augmentation> Augmentations = Gen.OneOf([.. new[] { Augmentation.None, Augmentation.Paper, Augmentation.Default,
        Augmentation.Default with { RotationDegrees = 45, SkewMagnitude = 0.5, ShearDegrees = 30, SmallestArea = 0.05 } }.Select(Gen.Const)]);

    [Fact]
    public void No_view_looks_outside_its_photograph()
        => Gen.Select(Augmentations, Gen.ULong, Gen.Double[0.3, 3]).Sample((augmentation, seed, aspect) =>
        {
            View view = augmentation.Sample(seed, aspect);
            foreach ((int x, int y) in new[] { (0, 0), (1, 0), (1, 1), (0, 1) })
            {
                (double u, double v) = view.Map.Apply(x, y);
                Assert.InRange(u, -1e-9, 1 + 1e-9);
                Assert.InRange(v, -1e-9, 1 + 1e-9);
            }
        });

    [Fact]
    public void A_view_depends_on_its_seed_alone()
        => Gen.Select(Augmentations, Gen.ULong).Sample((augmentation, seed) => augmentation.Sample(seed) == augmentation.Sample(seed));

    [Fact]
    public void Without_augmentation_every_view_is_the_whole()
        => Assert.Equal(View.Whole, Augmentation.None.Sample(17, 1.5));

    [Fact]
    public void The_papers_views_have_one_warp_each_and_every_second_is_mirrored()
    {
        int affine = 0, mirrored = 0;
        for (ulong seed = 0; seed < 3000; seed++)
        {
            Homography map = Augmentation.Paper.Sample(seed).Map;
            if (Math.Abs(map.Wx) + Math.Abs(map.Wy) < 1e-12) affine++;
            if (map.Xx < 0) mirrored++;
        }
        Assert.InRange(affine, 1900, 2100);
        Assert.InRange(mirrored, 1400, 1600);
    }

    [Fact]
    public void Every_second_view_has_noise_if_it_is_asked_for_and_is_otherwise_the_same()
    {
        int noisy = 0;
        HashSet<ulong> seeds = [];
        for (ulong seed = 0; seed < 3000; seed++)
        {
            View view = (Augmentation.Paper with { Noise = 0.2 }).Sample(seed), plain = Augmentation.Paper.Sample(seed);
            Assert.Equal(plain.Map, view.Map);
            Assert.Null(plain.Noise);
            if (view.Noise is not { } noise) continue;
            noisy++;
            Assert.Equal(0.2, noise.Deviation);
            Assert.True(seeds.Add(noise.Seed));
        }
        Assert.InRange(noisy, 1400, 1600);
    }

    [Fact]
    public void A_rotation_turns_by_its_angle_in_the_photograph()
    {
        View view = View.Rotated(10, 1.5);
        (double x0, double y0) = view.Map.Apply(0.2, 0.5);
        (double x1, double y1) = view.Map.Apply(0.8, 0.5);
        Assert.Equal(-10, double.RadiansToDegrees(Math.Atan2(y1 - y0, (x1 - x0) * 1.5)), 1e-9);
        (double mx, double my) = view.Map.Apply(0.5, 0.5);
        Assert.Equal(0.5, mx, 1e-12);
        Assert.Equal(0.5, my, 1e-12);
    }

    [Fact]
    public void The_inverse_leads_back()
        => Gen.Select(Gen.ULong, Gen.Double[0, 1], Gen.Double[0, 1]).Sample((seed, x, y) =>
        {
            Homography map = Augmentation.Default.Sample(seed).Map;
            (double u, double v) = map.Apply(x, y);
            (double backX, double backY) = map.Inverse().Apply(u, v);
            Assert.Equal(x, backX, 1e-9);
            Assert.Equal(y, backY, 1e-9);
        });

    [Fact]
    public void Settings_out_of_range_are_refused_with_the_range()
        => Assert.Contains(
            "between 0 and 45",
            Assert.Throws<ArgumentOutOfRangeException>(() => Augmentation.Default with { RotationDegrees = 90 }).Message);

    [Fact]
    public void View_seeds_differ()
    {
        HashSet<ulong> seeds = [];
        for (int epoch = 0; epoch < 20; epoch++)
            for (int image = 0; image < 100; image++)
                for (int view = 0; view < 5; view++)
                    Assert.True(seeds.Add(ViewSeed.Of(1, epoch, image, view)));
    }
}
