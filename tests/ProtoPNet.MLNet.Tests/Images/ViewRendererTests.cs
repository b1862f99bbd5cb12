using CsCheck;
using ProtoPNet.MLNet.Images;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Images;

public class ViewRendererTests
{
    [Fact]
    public void The_whole_view_is_PILs_resize_within_two_grey_levels()
        => Gen.Select(Pictures.Any(90), Gen.Int[1, 40]).Sample((image, size) =>
        {
            float[] input = Render(image, View.Whole, size);
            RgbImage expected = PilReference.Resize(image, size, size);
            AssertEqual(expected, input, size, 2);
        }, iter: 200);

    [Fact]
    public void The_mirrored_view_is_the_resize_mirrored()
    {
        RgbImage image = Pictures.Of(123, 77);
        float[] plain = Render(image, View.Whole, 48), mirrored = Render(image, View.Mirrored, 48);
        for (int channel = 0; channel < 3; channel++)
            for (int row = 0; row < 48; row++)
                for (int column = 0; column < 48; column++)
                    Assert.Equal(Pictures.Value(plain, 48, channel, row, column), Pictures.Value(mirrored, 48, channel, row, 47 - column), 1e-2);
    }

    [Theory]
    [InlineData(100, 80, 32)]
    [InlineData(40, 50, 64)]
    [InlineData(33, 33, 33)]
    public void The_warping_way_agrees_with_the_upright_way(int width, int height, int size)
    {
        RgbImage image = Pictures.Of(width, height);
        // A rotation too small to see, but not axis-aligned.
        View nearly = View.Slanted((0, -1e-9), (1, 0), (1, 1), (0, 1));
        Assert.False(nearly.Map.IsAxisAligned);
        AssertEqual(PilReference.Resize(image, size, size), Render(image, nearly, size), size, 2);
    }

    [Fact]
    public void A_warped_view_shows_what_its_map_says()
    {
        const int Size = 56;
        RgbImage image = Pictures.Smooth(200, 150);
        Gen.ULong.Sample(seed =>
        {
            View view = Augmentation.Default.Sample(seed, 200.0 / 150).In(ColourShift.None);
            float[] input = Render(image, view, Size);
            for (int row = 3; row < Size - 3; row += 7)
                for (int column = 3; column < Size - 3; column += 5)
                {
                    (double u, double v) = view.Map.Apply((column + 0.5) / Size, (row + 0.5) / Size);
                    Assert.Equal(128 + 100 * Math.Sin(7 * u + 3 * v), Pictures.Value(input, Size, 0, row, column), 2.5);
                    Assert.Equal(255 * u * v, Pictures.Value(input, Size, 2, row, column), 2.5);
                }
        }, iter: 50);
    }

    [Fact]
    public void Light_changes_as_it_says()
    {
        RgbImage image = new(1, 1, [100, 150, 200]);
        Assert.Equal((50, 75, 100), Colour(new(0.5f, 1, 1)));
        Assert.Equal((114, 139, 164), Colour(new(1, 0.5f, 1)));
        Assert.Equal((141, 141, 141), Colour(new(1, 1, 0)));
        Assert.Equal((200, 255, 255), Colour(new(2, 1, 1)));

        (int, int, int) Colour(ColourShift colours)
        {
            float[] input = Render(image, View.Whole.In(colours), 1);
            return ((int)Math.Round(Pictures.Value(input, 1, 0, 0, 0)), (int)Math.Round(Pictures.Value(input, 1, 1, 0, 0)),
                (int)Math.Round(Pictures.Value(input, 1, 2, 0, 0)));
        }
    }

    [Fact]
    public void Noise_has_its_deviation_in_pixels_normalised_as_for_ImageNet_and_is_the_same_in_any_normalisation()
    {
        const int Size = 96;
        RgbImage image = Pictures.Of(50, 40);
        PixelNoise noise = new(7, 0.2);
        float[] Noise(InputNormalisation normalisation, PixelNoise added)
        {
            float[] plain = new float[3 * Size * Size], noisy = new float[3 * Size * Size];
            ViewRenderer.Render(image, View.Whole, Size, normalisation, plain);
            ViewRenderer.Render(image, View.Whole.With(added), Size, normalisation, noisy);
            return [.. noisy.Select((value, i) => (value - plain[i]) * normalisation.Deviation[i / (Size * Size)]
                / InputNormalisation.ImageNet.Deviation[i / (Size * Size)])];
        }
        float[] usual = Noise(InputNormalisation.ImageNet, noise), own = Noise(InputNormalisation.MinusMean(120, 110, 100), noise);
        Assert.Equal(0, usual.Average(), 0.005);
        Assert.Equal(0.2, Math.Sqrt(usual.Average(n => n * n)), 0.005);
        for (int i = 0; i < usual.Length; i++) Assert.Equal(usual[i], own[i], 1e-4);
        Assert.NotEqual(usual, Noise(InputNormalisation.ImageNet, noise with { Seed = 8 }));
        Assert.All(Noise(InputNormalisation.ImageNet, noise with { Limit = 0.1 }), n => Assert.InRange(n, -0.1001, 0.1001));
    }

    [Fact]
    public void A_span_of_another_length_is_refused()
        => Assert.Contains(
            "12 numbers, not 13",
            Assert.Throws<ArgumentException>(
                () => ViewRenderer.Render(Pictures.Of(2, 2), View.Whole, 2, InputNormalisation.ImageNet, new float[13])).Message);

    private static float[] Render(RgbImage image, View view, int size)
    {
        float[] input = new float[3 * size * size];
        ViewRenderer.Render(image, view, size, InputNormalisation.ImageNet, input);
        return input;
    }

    private static void AssertEqual(RgbImage expected, float[] input, int size, double tolerance)
    {
        for (int channel = 0; channel < 3; channel++)
            for (int row = 0; row < size; row++)
                for (int column = 0; column < size; column++)
                    Assert.Equal(expected.Pixels[3 * (row * size + column) + channel], Pictures.Value(input, size, channel, row, column), tolerance);
    }
}
