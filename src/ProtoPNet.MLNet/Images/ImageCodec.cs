using Microsoft.ML.Data;
using SkiaSharp;

namespace ProtoPNet.MLNet.Images;

/// <summary>Encoded bytes and ML.NET's images to pixels, and back.</summary>
/// <remarks>
/// Read as PIL's <c>Image.open(…).convert("RGB")</c> reads, because published models were trained on that: colour profiles and the EXIF
/// orientation are left alone. Unlike there, transparent pixels are laid on white instead of showing whatever colour hides below them.
/// </remarks>
internal static class ImageCodec
{
    /// <summary>More pixels than any photograph has, and what PIL refuses too: such a file is damaged or means harm.</summary>
    private const long MostPixels = 178_956_970;

    /// <summary>Decodes JPEG, PNG, WebP, BMP, GIF (first frame) and what else Skia reads.</summary>
    /// <exception cref="UnreadableImageException">Not an image, damaged, cut short, or too large.</exception>
    public static RgbImage Decode(ReadOnlyMemory<byte> encoded)
    {
        if (encoded.IsEmpty) throw new UnreadableImageException("The image is empty: 0 bytes.");
        using var pin = encoded.Pin();
        using SKData data = Wrap(pin, encoded.Length);
        using SKCodec codec = SKCodec.Create(data)
            ?? throw new UnreadableImageException(
                $"{encoded.Length} bytes that begin with '{Beginning(encoded.Span)}' are no image of a known format.");
        SKImageInfo info = new(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        if ((long)info.Width * info.Height > MostPixels)
            throw new UnreadableImageException($"{info.Width}×{info.Height} pixels are more than the {MostPixels} that are accepted.");
        using SKBitmap bitmap = new();
        if (!bitmap.TryAllocPixels(info)) throw new UnreadableImageException($"No memory for {info.Width}×{info.Height} pixels.");
        SKCodecResult result = codec.GetPixels(info, bitmap.GetPixels());
        if (result != SKCodecResult.Success) throw new UnreadableImageException(Reason(result));
        return OnWhite(bitmap.GetPixelSpan(), info.Width, info.Height);
    }

    /// <summary>The pixels of ML.NET's image, which are premultiplied by their opacity (as Skia, which decodes them, leaves them).</summary>
    /// <exception cref="UnreadableImageException">A pixel format that ML.NET does not have today.</exception>
    public static RgbImage FromMLImage(MLImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        (int red, int blue) = image.PixelFormat switch
        {
            MLPixelFormat.Rgba32 => (0, 2),
            MLPixelFormat.Bgra32 => (2, 0),
            var other => throw new UnreadableImageException($"The pixel format {other} is none of Rgba32 and Bgra32."),
        };
        ReadOnlySpan<byte> from = image.Pixels;
        byte[] pixels = new byte[3 * image.Width * image.Height];
        for (int p = 0, q = 0; p < pixels.Length; p += 3, q += 4)
        {
            int white = 255 - from[q + 3];
            pixels[p] = (byte)Math.Min(255, from[q + red] + white);
            pixels[p + 1] = (byte)Math.Min(255, from[q + 1] + white);
            pixels[p + 2] = (byte)Math.Min(255, from[q + blue] + white);
        }
        return new(image.Width, image.Height, pixels);
    }

    /// <summary>Lossless PNG.</summary>
    public static byte[] EncodePng(RgbImage image) => Encode(image, SKEncodedImageFormat.Png, 100);

    /// <summary>JPEG of <paramref name="quality"/> 1 … 100.</summary>
    public static byte[] EncodeJpeg(RgbImage image, int quality)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(quality, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
        return Encode(image, SKEncodedImageFormat.Jpeg, quality);
    }

    /// <summary>The part of <paramref name="image"/> inside <paramref name="box"/>, as a picture of its own.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The box is empty or reaches outside.</exception>
    public static RgbImage Crop(RgbImage image, PixelBox box)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (box.Top < 0 || box.Left < 0 || box.Bottom > image.Height || box.Right > image.Width || box.Width < 1 || box.Height < 1)
            throw new ArgumentOutOfRangeException(nameof(box), $"{box} does not lie in a picture of {image.Width}×{image.Height} pixels.");
        byte[] pixels = new byte[3 * box.Width * box.Height];
        for (int row = 0; row < box.Height; row++)
            image.Pixels.AsSpan(3 * ((box.Top + row) * image.Width + box.Left), 3 * box.Width).CopyTo(pixels.AsSpan(3 * row * box.Width));
        return new(box.Width, box.Height, pixels);
    }

    private static byte[] Encode(RgbImage image, SKEncodedImageFormat format, int quality)
    {
        ArgumentNullException.ThrowIfNull(image);
        using SKBitmap bitmap = new(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Span<byte> to;
        unsafe
        {
            to = new((void*)bitmap.GetPixels(), bitmap.ByteCount);
        }
        ReadOnlySpan<byte> from = image.Pixels;
        for (int p = 0, q = 0; p < from.Length; p += 3, q += 4)
        {
            from.Slice(p, 3).CopyTo(to[q..]);
            to[q + 3] = 255;
        }
        using SKData data = bitmap.Encode(format, quality);
        return data.ToArray();
    }

    private static unsafe SKData Wrap(System.Buffers.MemoryHandle pin, int length) => SKData.Create((nint)pin.Pointer, length);

    private static RgbImage OnWhite(ReadOnlySpan<byte> rgba, int width, int height)
    {
        byte[] pixels = new byte[3 * width * height];
        for (int p = 0, q = 0; p < pixels.Length; p += 3, q += 4)
        {
            int alpha = rgba[q + 3];
            if (alpha == 255)
                (pixels[p], pixels[p + 1], pixels[p + 2]) = (rgba[q], rgba[q + 1], rgba[q + 2]);
            else
                (pixels[p], pixels[p + 1], pixels[p + 2]) = (OnWhite(rgba[q], alpha), OnWhite(rgba[q + 1], alpha), OnWhite(rgba[q + 2], alpha));
        }
        return new(width, height, pixels);
    }

    private static byte OnWhite(int colour, int alpha) => (byte)((colour * alpha + 255 * (255 - alpha) + 127) / 255);

    private static string Beginning(ReadOnlySpan<byte> bytes)
    {
        Span<char> text = stackalloc char[Math.Min(8, bytes.Length)];
        for (int i = 0; i < text.Length; i++) text[i] = bytes[i] is > 31 and < 127 ? (char)bytes[i] : '.';
        return new(text);
    }

    private static string Reason(SKCodecResult result) => result switch
    {
        SKCodecResult.IncompleteInput => "The image is cut short.",
        SKCodecResult.ErrorInInput or SKCodecResult.InvalidInput => "The image is damaged.",
        _ => $"The image cannot be decoded ({result}).",
    };
}
