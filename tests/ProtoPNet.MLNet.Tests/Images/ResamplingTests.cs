using CsCheck;
using ProtoPNet.MLNet.Images;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Images;

public class ResamplingTests
{
    [Theory]
    [InlineData(500, 375, 224, 224)]
    [InlineData(97, 41, 224, 224)]
    [InlineData(64, 64, 64, 31)]
    [InlineData(300, 20, 7, 20)]
    public void Resize_is_PILs_to_the_bit(int width, int height, int newWidth, int newHeight)
    {
        RgbImage image = Pictures.Of(width, height);
        Assert.Equal(PilReference.Resize(image, newWidth, newHeight).Pixels, Resampling.Resize(image, newWidth, newHeight).Pixels);
    }

    [Fact]
    public void Resize_is_PILs_for_any_size()
        => Gen.Select(Pictures.Any(40), Gen.Int[1, 50], Gen.Int[1, 50]).Sample(
            (image, width, height) => PilReference.Resize(image, width, height).Pixels.AsSpan()
                .SequenceEqual(Resampling.Resize(image, width, height).Pixels),
            iter: 300);

    [Fact]
    public void A_picture_that_has_the_size_already_is_returned_itself()
    {
        RgbImage image = Pictures.Of(30, 20);
        Assert.Same(image, Resampling.Resize(image, 30, 20));
        Assert.Same(image, Resampling.Reduce(image, 20));
    }

    [Fact]
    public void Reduce_cuts_the_shorter_side_and_keeps_the_proportions()
    {
        RgbImage reduced = Resampling.Reduce(Pictures.Of(300, 200), 50);
        Assert.Equal((75, 50), (reduced.Width, reduced.Height));
        reduced = Resampling.Reduce(Pictures.Of(20, 310), 10);
        Assert.Equal((10, 155), (reduced.Width, reduced.Height));
    }

    [Fact]
    public void A_plain_colour_stays()
        => Gen.Select(Gen.Byte, Gen.Int[1, 60], Gen.Int[1, 60], Gen.Int[1, 60], Gen.Int[1, 60]).Sample((colour, w, h, width, height) =>
        {
            byte[] pixels = new byte[3 * w * h];
            Array.Fill(pixels, colour);
            return Resampling.Resize(new(w, h, pixels), width, height).Pixels.All(value => value == colour);
        }, iter: 200);
}
