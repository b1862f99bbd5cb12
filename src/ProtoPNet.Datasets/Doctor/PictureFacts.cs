using System.Security.Cryptography;
using ProtoPNet.MLNet.Images;

namespace ProtoPNet.Datasets;

/// <summary>
/// The facts about one file: size, colours, orientation and a fingerprint of its pixels, or why it cannot be used.
/// </summary>
internal readonly record struct PictureFacts(
    int Width, int Height, bool IsGrey, bool IsTransparent, int Orientation, string Fingerprint, string? Fault)
{
    /// <summary>The tolerance per channel for grey in a JPEG.</summary>
    private const int GreyTolerance = 6;

    public static PictureFacts Of(string path)
    {
        try
        {
            DecodedPhotograph photograph = PhotographFile.Examine(path);
            (int width, int height, byte[] pixels) = (photograph.Image.Width, photograph.Image.Height, photograph.Image.Pixels);
            return new(width, height, IsAllGrey(pixels), photograph.HasTransparency, photograph.Orientation,
                $"{width}×{height} {Convert.ToHexString(SHA256.HashData(pixels))}", null);
        }
        catch (UnreadableImageException e)
        {
            return new(0, 0, false, false, 1, "", e.Message);
        }
    }

    private static bool IsAllGrey(ReadOnlySpan<byte> rgb)
    {
        for (int p = 0; p < rgb.Length; p += 3)
            if (Math.Abs(rgb[p] - rgb[p + 1]) > GreyTolerance || Math.Abs(rgb[p + 1] - rgb[p + 2]) > GreyTolerance) return false;
        return true;
    }
}
