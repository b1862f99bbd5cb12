using ProtoPNet.MLNet.Images;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Images;

public class CropBoxTests
{
    [Theory]
    [InlineData(10, 5, 20, 15, 5, 20, 10, 30)]
    [InlineData(0.5, 1.5, 3, 3, 2, 4, 0, 4)]        // edges 0.5, 1.5, 3.5, 4.5: halves round to even, as in Python
    [InlineData(-7, -3, 20, 10, 0, 7, 0, 13)]       // extends outside: clipped
    [InlineData(30, 20, 1000, 1000, 20, 30, 30, 40)]
    [InlineData(0, 0, 0, 0, 0, 30, 0, 40)]          // no box: the whole photograph
    public void Edges_round_as_in_PIL_and_are_clipped(float x, float y, float w, float h, int top, int bottom, int left, int right)
        => Assert.Equal(new PixelBox(top, bottom, left, right), CropBox.Of([x, y, w, h], 40, 30));

    [Theory]
    [InlineData("is empty", 1, 2, 0, 5)]
    [InlineData("is empty", 1, 2, 5, -1)]
    [InlineData("no pixel", 40, 2, 5, 5)]
    [InlineData("no pixel", -20, 2, 5, 5)]
    [InlineData("no pixel", 3, 3, 0.2, 5)]
    [InlineData("is not finite", float.NaN, 3, 2, 5)]
    [InlineData("is not finite", 3, 3, 2, float.PositiveInfinity)]
    public void Boxes_without_a_pixel_are_refused(string reason, float x, float y, float w, float h)
        => Assert.Contains(reason, Assert.Throws<ArgumentException>(() => CropBox.Of([x, y, w, h], 40, 30)).Message);

    [Fact]
    public void Three_numbers_are_no_box()
        => Assert.Contains("4 numbers", Assert.Throws<ArgumentException>(() => CropBox.Of([1, 2, 3], 40, 30)).Message);
}
