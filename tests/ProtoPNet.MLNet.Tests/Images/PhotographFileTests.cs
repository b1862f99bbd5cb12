using System.Buffers.Binary;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Images;
using SkiaSharp;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Images;

public sealed class PhotographFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<int> Orientations => [1, 2, 3, 4, 5, 6, 7, 8];

    [Theory]
    [MemberData(nameof(Orientations))]
    public void A_photograph_is_turned_upright_pixel_by_pixel(int orientation)
    {
        byte[] plain = ImageCodec.EncodeJpeg(Pictures.Of(37, 22), 90);
        RgbImage expected = PhoneFiles.Upright(ImageCodec.Decode(plain), orientation);
        RgbImage found = PhotographFile.Decode(PhoneFiles.WithOrientation(plain, orientation));
        Assert.Equal((expected.Width, expected.Height), (found.Width, found.Height));
        Assert.Equal(expected.Pixels, found.Pixels);
        string path = _folder.Write("a.jpg", PhoneFiles.WithOrientation(plain, orientation));
        Assert.Equal((expected.Width, expected.Height), PhotographFile.SizeOf(path));
        Assert.Equal(orientation, PhotographFile.Examine(path).Orientation);
    }

    [Theory]
    [MemberData(nameof(Orientations))]
    public void However_a_phone_was_held_the_picture_is_the_same(int orientation)
    {
        RgbImage upright = Pictures.Smooth(64, 40);
        RgbImage found = PhotographFile.Decode(PhoneFiles.Jpeg(upright, orientation));
        Assert.Equal((64, 40), (found.Width, found.Height));
        Assert.InRange(upright.Pixels.Zip(found.Pixels, (a, b) => Math.Abs(a - b)).Average(), 0, 2);
    }

    [Fact]
    public void The_turned_photographs_among_the_cases_equal_the_whole_one()
    {
        RgbImage whole = PhotographFile.Read(Shared.Path("cases", "train", "box", "whole.jpg"));
        foreach (int orientation in (int[])[3, 6, 8])
        {
            RgbImage turned = PhotographFile.Read(Shared.Path("cases", "train", "box", $"orientation_{orientation}.jpg"));
            Assert.Equal((whole.Width, whole.Height), (turned.Width, turned.Height));
            Assert.InRange(whole.Pixels.Zip(turned.Pixels, (a, b) => Math.Abs(a - b)).Average(), 0, 2);
        }
    }

    [Fact]
    public void Boxes_are_places_in_the_upright_photograph()
    {
        byte[] plain = ImageCodec.EncodeJpeg(Pictures.Of(40, 20), 90);
        RgbImage upright = PhoneFiles.Upright(ImageCodec.Decode(plain), 6); // 20 × 40
        RgbImage found = PhotographFile.Decode(PhoneFiles.WithOrientation(plain, 6), [3, 25, 10, 12]);
        Assert.Equal(ImageCodec.Crop(upright, new(25, 37, 3, 13)).Pixels, found.Pixels);
        Assert.Contains("contains no pixel", Refusal(plain, 0, 21, 10, 10));
        Assert.Contains("has 4 numbers", Refusal(plain, 1, 2));
    }

    [Fact]
    public void Wherever_a_JPEG_is_cut_it_is_refused()
    {
        byte[] jpeg = ImageCodec.EncodeJpeg(Pictures.Of(60, 40), 90);
        for (int length = 1; length < jpeg.Length; length += length < 40 || length > jpeg.Length - 20 ? 1 : 97)
            Assert.NotEmpty(Refusal(jpeg[..length]));
        Assert.Contains("truncated", Refusal(jpeg[..^2]));
    }

    [Fact]
    public void A_JPEG_filled_up_with_zeros_is_refused_as_one_that_is_cut_short()
    {
        byte[] jpeg = ImageCodec.EncodeJpeg(Pictures.Of(60, 40), 90);
        jpeg.AsSpan(jpeg.Length * 6 / 10).Clear();
        Assert.Contains("truncated", Refusal(jpeg));
    }

    [Fact]
    public void The_end_of_a_thumbnail_is_not_the_end_of_its_photograph()
    {
        byte[] jpeg = ImageCodec.EncodeJpeg(Pictures.Of(60, 40), 90), thumbnail = ImageCodec.EncodeJpeg(Pictures.Of(16, 16), 50);
        byte[] length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)(2 + thumbnail.Length));
        byte[] file = [.. jpeg[..2], 0xFF, 0xED, .. length, .. thumbnail, .. jpeg[2..]];
        Assert.Equal(ImageCodec.Decode(jpeg).Pixels, PhotographFile.Decode(file).Pixels);
        file.AsSpan(file.Length * 8 / 10).Clear();
        Assert.Contains("truncated", Refusal(file));
    }

    [Fact]
    public void What_phones_append_behind_a_JPEG_does_no_harm()
    {
        byte[] jpeg = ImageCodec.EncodeJpeg(Pictures.Of(60, 40), 90);
        Assert.Equal(PhotographFile.Decode(jpeg).Pixels, PhotographFile.Decode((byte[])[.. jpeg, 0, 0, .. "a film"u8]).Pixels);
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Png)]
    [InlineData(SKEncodedImageFormat.Webp)]
    public void Half_a_file_of_another_format_is_refused(SKEncodedImageFormat format)
    {
        using SKBitmap bitmap = SKBitmap.Decode(ImageCodec.EncodePng(Pictures.Of(60, 40)));
        using SKData data = bitmap.Encode(format, 90);
        byte[] file = data.ToArray();
        Assert.NotEmpty(Refusal(file[..(file.Length * 6 / 10)]));
    }

    [Theory]
    [InlineData(20_000, 10_000)]
    [InlineData(30_000, 30_000)]
    public void Too_large_pictures_are_told_by_their_header(int width, int height)
    {
        // A header without pixels: decoding would fail with a different error.
        Assert.Equal($"{width}×{height} pixels exceed the limit of 178956970.", Refusal(Pictures.HollowPng(width, height)));
        Assert.True((long)width * height > PhotographFile.MostPixels);
    }

    [Fact]
    public void Too_small_pictures_are_no_photographs_in_whatever_form()
    {
        RgbImage small = Pictures.Of(7, 30);
        Assert.Contains("7×30 pixels; width and height must be at least 8", Refusal(ImageCodec.EncodePng(small)));
        Assert.Contains("8×7 pixels", Refusal(ImageCodec.EncodePng(Pictures.Of(30, 30)), 0, 0, 8, 7));
        using MLImage image = ImageCodec.ToMLImage(small);
        using ProtoPNetTransformer model = SmallModel.Transformer();
        Assert.Contains("7×30", Assert.Throws<UnreadableImageException>(() => model.Explain(image)).Message);
        Assert.Contains("7×30", Assert.Throws<UnreadableImageException>(() => model.Explain(ImageCodec.EncodePng(small))).Message);
    }

    [Fact]
    public void Other_formats_are_called_by_their_names()
    {
        Assert.Contains("TIFF", Refusal([.. "II*\0"u8, 8, 0, 0, 0, 0, 0]));
        Assert.Contains("HEIC", Refusal([0, 0, 0, 24, .. "ftypheic"u8, 0, 0, 0, 0]));
        Assert.Contains("AVIF", Refusal([0, 0, 0, 24, .. "ftypavif"u8, 0, 0, 0, 0]));
        Assert.Contains("'Hello wo'", Refusal("Hello world"u8.ToArray()));
    }

    [Fact]
    public void A_file_that_is_not_there_is_an_unreadable_photograph()
    {
        Assert.Equal("The file does not exist.", Assert.Throws<UnreadableImageException>(() => PhotographFile.Read(_folder.In("a.jpg"))).Message);
        Assert.Throws<UnreadableImageException>(() => PhotographFile.Read(_folder.Path));
    }

    [Fact]
    public void ML_NETs_images_have_the_same_pixels()
    {
        RgbImage picture = Pictures.Of(13, 9);
        using MLImage image = ImageCodec.ToMLImage(picture);
        Assert.Equal(picture.Pixels, ImageCodec.FromMLImage(image).Pixels);
    }

    private static string Refusal(byte[] file, params float[] box)
        => Assert.Throws<UnreadableImageException>(() => PhotographFile.Decode(file, box.Length == 0 ? null : box)).Message;
}
