using CsCheck;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Images;
using SkiaSharp;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Images;

public class ImageCodecTests
{
    [Fact]
    public void Png_keeps_every_pixel()
    {
        RgbImage image = Pictures.Of(37, 23);
        RgbImage back = ImageCodec.Decode(ImageCodec.EncodePng(image));
        Assert.Equal((37, 23), (back.Width, back.Height));
        Assert.Equal(image.Pixels, back.Pixels);
    }

    [Fact]
    public void Jpeg_keeps_smooth_pictures_nearly()
    {
        RgbImage image = Pictures.Smooth(64, 48);
        RgbImage back = ImageCodec.Decode(ImageCodec.EncodeJpeg(image, 95));
        Assert.True(image.Pixels.Zip(back.Pixels, (a, b) => Math.Abs(a - b)).Average() < 2);
    }

    [Fact]
    public void Transparent_pixels_are_laid_on_white()
    {
        byte[] png = Encode(SKAlphaType.Unpremul, SKColorType.Rgba8888, [255, 0, 0, 255, 255, 0, 0, 128, 0, 0, 0, 0]);
        Assert.Equal<byte>([255, 0, 0, 255, 127, 127, 255, 255, 255], ImageCodec.Decode(png).Pixels);
    }

    [Fact]
    public void Grey_pictures_get_three_equal_channels()
        => Assert.Equal<byte>(
            [10, 10, 10, 100, 100, 100, 200, 200, 200],
            ImageCodec.Decode(Encode(SKAlphaType.Opaque, SKColorType.Gray8, [10, 100, 200])).Pixels);

    [Fact]
    public void MLImages_decode_as_their_bytes_do()
    {
        byte[] png = ImageCodec.EncodePng(Pictures.Of(13, 9));
        using MLImage image = MLImage.CreateFromStream(new MemoryStream(png));
        Assert.Equal(ImageCodec.Decode(png).Pixels, ImageCodec.FromMLImage(image).Pixels);
    }

    [Theory]
    [InlineData(MLPixelFormat.Rgba32, 10, 20, 30)]
    [InlineData(MLPixelFormat.Bgra32, 30, 20, 10)]
    public void Both_orders_of_channels_are_read(MLPixelFormat format, byte red, byte green, byte blue)
    {
        using MLImage image = MLImage.CreateFromPixels(1, 1, format, [10, 20, 30, 255]);
        Assert.Equal<byte>([red, green, blue], ImageCodec.FromMLImage(image).Pixels);
    }

    [Fact]
    public void A_transparent_MLImage_is_laid_on_white()
    {
        byte[] png = Encode(SKAlphaType.Unpremul, SKColorType.Rgba8888, [255, 0, 0, 255, 255, 0, 0, 128, 0, 0, 0, 0]);
        using MLImage image = MLImage.CreateFromStream(new MemoryStream(png));
        Assert.Equal<byte>([255, 0, 0, 255, 127, 127, 255, 255, 255], ImageCodec.FromMLImage(image).Pixels);
    }

    [Fact]
    public void What_is_no_image_is_said_so()
    {
        Assert.Contains("0 bytes", Refusal([]));
        Assert.Contains("'Hello wo'", Refusal("Hello world, I am no image"u8.ToArray()));
        byte[] jpeg = ImageCodec.EncodeJpeg(Pictures.Of(200, 200), 90);
        Assert.Contains("truncated", Refusal(jpeg[..(jpeg.Length / 2)]));
    }

    [Fact]
    public void Any_damage_is_an_exception_or_a_picture_and_never_a_crash()
    {
        byte[][] files = [ImageCodec.EncodeJpeg(Pictures.Of(40, 30), 80), ImageCodec.EncodePng(Pictures.Of(40, 30))];
        Gen.Select(Gen.Int[0, files.Length - 1], Gen.Int[0, 400], Gen.Byte).Sample((which, at, value) =>
        {
            byte[] damaged = [.. files[which]];
            damaged[at] = value;
            try
            {
                return ImageCodec.Decode(damaged).Pixels.Length > 0;
            }
            catch (UnreadableImageException)
            {
                return true;
            }
        }, iter: 500);
    }

    [Fact]
    public void A_crop_is_the_pixels_inside_the_box()
    {
        RgbImage image = Pictures.Of(10, 8);
        RgbImage crop = ImageCodec.Crop(image, new(2, 5, 3, 7));
        Assert.Equal((4, 3), (crop.Width, crop.Height));
        for (int row = 0; row < 3; row++)
            for (int column = 0; column < 4; column++)
                Assert.Equal(image.Pixels[3 * ((row + 2) * 10 + column + 3)], crop.Pixels[3 * (row * 4 + column)]);
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageCodec.Crop(image, new(0, 9, 0, 4)));
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageCodec.Crop(image, new(3, 3, 0, 4)));
    }

    private static string Refusal(byte[] bytes) => Assert.Throws<UnreadableImageException>(() => ImageCodec.Decode(bytes)).Message;

    private static byte[] Encode(SKAlphaType alpha, SKColorType colours, byte[] pixels)
    {
        int width = colours == SKColorType.Gray8 ? pixels.Length : pixels.Length / 4;
        using SKBitmap bitmap = new(new SKImageInfo(width, 1, colours, alpha));
        System.Runtime.InteropServices.Marshal.Copy(pixels, 0, bitmap.GetPixels(), pixels.Length);
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}
