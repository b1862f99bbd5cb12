using Microsoft.ML.Data;
using SkiaSharp;

namespace ProtoPNet.MLNet.Images;

/// <summary>Converts encoded bytes and ML.NET images to pixels, and back.</summary>
/// <remarks>
/// Reads like PIL's <c>Image.open(…).convert("RGB")</c>, which published models were trained on: colour profiles are ignored. Unlike
/// PIL, it rotates pictures upright by their EXIF orientation and composites transparent pixels on white instead of showing the colour
/// hidden below them.
/// </remarks>
internal static class ImageCodec
{
    /// <summary>PIL's limit, too: a file with more pixels is damaged or malicious.</summary>
    public const long MostPixels = 178_956_970;

    private const string CutShort = "The image is truncated.";

    /// <summary>Decodes JPEG, PNG, WebP, BMP, GIF (first frame) and whatever else Skia supports, and rotates it upright.</summary>
    /// <exception cref="UnreadableImageException">Not an image, damaged, truncated, or too large.</exception>
    public static RgbImage Decode(ReadOnlyMemory<byte> encoded) => Examine(encoded).Image;

    /// <summary>The same, with the file's metadata.</summary>
    /// <param name="encoded">The file.</param>
    /// <param name="limits">What is decoded at all.</param>
    /// <exception cref="UnreadableImageException">Not an image, damaged, truncated, or too large (checked in the header before decoding).
    /// </exception>
    public static DecodedPhotograph Examine(ReadOnlyMemory<byte> encoded, DecodingLimits? limits = null)
    {
        limits ??= DecodingLimits.Files;
        if (encoded.IsEmpty) throw new UnreadableImageException("The image is empty: 0 bytes.");
        using var pin = encoded.Pin();
        using SKData data = Wrap(pin, encoded.Length);
        using SKCodec codec = SKCodec.Create(data) ?? throw new UnreadableImageException(UnknownFormat.Describe(encoded.Span));
        SKImageInfo info = new(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        CheckSize(info.Width, info.Height, limits.Pixels);
        if (codec.EncodedFormat == SKEncodedImageFormat.Jpeg)
        {
            // Skia decodes trailing zeros, which may fill up an interrupted copy, as pixels.
            (bool whole, int scans) = JpegFile.Walk(encoded.Span);
            if (!whole) throw new UnreadableImageException(CutShort);
            if (scans > limits.Scans) throw new UnreadableImageException($"Its {scans} scans exceed the limit of {limits.Scans}.");
        }
        using SKBitmap bitmap = new();
        if (!bitmap.TryAllocPixels(info)) throw new UnreadableImageException($"Not enough memory for {info.Width}×{info.Height} pixels.");
        SKCodecResult result = codec.GetPixels(info, bitmap.GetPixels());
        if (result != SKCodecResult.Success) throw new UnreadableImageException(Reason(result));
        Turn turn = Turn.Upright(codec.EncodedOrigin, info.Width, info.Height);
        (byte[] pixels, bool transparent) = OnWhite(bitmap.GetPixelSpan(), info.Width, turn);
        return new(new(turn.Width, turn.Height, pixels), (int)codec.EncodedOrigin, transparent);
    }

    /// <summary>Width and height of a file, upright, from its header; null if it is not an image.</summary>
    public static (int Width, int Height)? SizeOf(string path)
    {
        using SKCodec? codec = SKCodec.Create(path);
        if (codec is null) return null;
        Turn turn = Turn.Upright(codec.EncodedOrigin, codec.Info.Width, codec.Info.Height);
        return (turn.Width, turn.Height);
    }

    /// <summary>The pixels of an ML.NET image, which are premultiplied by alpha (as Skia decodes them).</summary>
    /// <exception cref="UnreadableImageException">Too many pixels, or an unknown pixel format.</exception>
    public static RgbImage FromMLImage(MLImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        CheckSize(image.Width, image.Height, MostPixels);
        (int red, int blue) = image.PixelFormat switch
        {
            MLPixelFormat.Rgba32 => (0, 2),
            MLPixelFormat.Bgra32 => (2, 0),
            var other => throw new UnreadableImageException($"The pixel format is {other}, not Rgba32 or Bgra32."),
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

    /// <summary>Converts to an ML.NET image, which the caller disposes of.</summary>
    public static MLImage ToMLImage(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        byte[] rgba = new byte[4 * image.Width * image.Height];
        Opaque(image.Pixels, rgba);
        return MLImage.CreateFromPixels(image.Width, image.Height, MLPixelFormat.Rgba32, rgba);
    }

    /// <summary>Encodes as lossless PNG.</summary>
    public static byte[] EncodePng(RgbImage image) => Encode(image, SKEncodedImageFormat.Png, 100);

    /// <summary>Encodes as JPEG of <paramref name="quality"/> 1 … 100.</summary>
    public static byte[] EncodeJpeg(RgbImage image, int quality)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(quality, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
        return Encode(image, SKEncodedImageFormat.Jpeg, quality);
    }

    /// <summary>A copy of the part of <paramref name="image"/> inside <paramref name="box"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The box is empty or reaches outside.</exception>
    public static RgbImage Crop(RgbImage image, PixelBox box)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (box.Top < 0 || box.Left < 0 || box.Bottom > image.Height || box.Right > image.Width || box.Width < 1 || box.Height < 1)
            throw new ArgumentOutOfRangeException(nameof(box), $"{box} does not lie within a picture of {image.Width}×{image.Height} pixels.");
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
        Opaque(image.Pixels, to);
        using SKData data = bitmap.Encode(format, quality);
        return data.ToArray();
    }

    private static void Opaque(ReadOnlySpan<byte> rgb, Span<byte> rgba)
    {
        for (int p = 0, q = 0; p < rgb.Length; p += 3, q += 4)
        {
            rgb.Slice(p, 3).CopyTo(rgba[q..]);
            rgba[q + 3] = 255;
        }
    }

    private static void CheckSize(int width, int height, long most)
    {
        if ((long)width * height > most)
            throw new UnreadableImageException($"{width}×{height} pixels exceed the limit of {most}.");
    }

    private static unsafe SKData Wrap(System.Buffers.MemoryHandle pin, int length) => SKData.Create((nint)pin.Pointer, length);

    private static (byte[] Pixels, bool Transparent) OnWhite(ReadOnlySpan<byte> rgba, int width, Turn turn)
    {
        byte[] pixels = new byte[rgba.Length / 4 * 3];
        bool transparent = false;
        for (int q = 0, y = 0; q < rgba.Length; y++)
            for (int x = 0, p = 3 * turn.StartOfRow(y); x < width; x++, p += 3 * turn.Step, q += 4)
            {
                int alpha = rgba[q + 3];
                if (alpha == 255)
                {
                    (pixels[p], pixels[p + 1], pixels[p + 2]) = (rgba[q], rgba[q + 1], rgba[q + 2]);
                    continue;
                }
                transparent = true;
                (pixels[p], pixels[p + 1], pixels[p + 2]) = (OnWhite(rgba[q], alpha), OnWhite(rgba[q + 1], alpha), OnWhite(rgba[q + 2], alpha));
            }
        return (pixels, transparent);
    }

    private static byte OnWhite(int colour, int alpha) => (byte)((colour * alpha + 255 * (255 - alpha) + 127) / 255);

    private static string Reason(SKCodecResult result) => result switch
    {
        SKCodecResult.IncompleteInput => CutShort,
        SKCodecResult.ErrorInInput or SKCodecResult.InvalidInput => "The image is damaged.",
        _ => $"The image cannot be decoded ({result}).",
    };
}
