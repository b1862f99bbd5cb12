using System.Security.Cryptography;
using SkiaSharp;

namespace ProtoPNet.Datasets;

/// <summary>What one look at a file tells: its size, colours and a fingerprint of its pixels, or why it cannot be read.</summary>
internal readonly record struct PictureFacts(int Width, int Height, bool IsGrey, bool IsTransparent, string Fingerprint, string? Fault)
{
    /// <summary>A JPEG's grey may be off by this much in a channel.</summary>
    private const int GreyTolerance = 6;

    public static PictureFacts Of(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Faulty(error.Message);
        }
        if (bytes.Length == 0) return Faulty("It is empty.");
        using MemoryStream stream = new(bytes);
        using SKCodec? codec = SKCodec.Create(stream);
        if (codec is null) return Faulty("It is no image of a known format.");
        SKImageInfo info = new(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        using SKBitmap bitmap = new();
        if (!bitmap.TryAllocPixels(info)) return Faulty($"There is no memory for its {info.Width}×{info.Height} pixels.");
        SKCodecResult result = codec.GetPixels(info, bitmap.GetPixels());
        if (result != SKCodecResult.Success)
            return Faulty(result == SKCodecResult.IncompleteInput ? "It is cut short." : $"It is damaged ({result}).");
        ReadOnlySpan<byte> pixels = bitmap.GetPixelSpan();
        bool grey = true, transparent = false;
        for (int p = 0; p < pixels.Length; p += 4)
        {
            grey &= Math.Abs(pixels[p] - pixels[p + 1]) <= GreyTolerance && Math.Abs(pixels[p + 1] - pixels[p + 2]) <= GreyTolerance;
            transparent |= pixels[p + 3] < 255;
        }
        return new(info.Width, info.Height, grey, transparent, $"{info.Width}×{info.Height} {Convert.ToHexString(SHA256.HashData(pixels))}", null);
    }

    private static PictureFacts Faulty(string fault) => new(0, 0, false, false, "", fault);
}
