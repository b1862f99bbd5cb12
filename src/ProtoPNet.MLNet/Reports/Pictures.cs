using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Reports;

/// <summary>Pictures inside pages: small JPEGs as data URIs, so that a page needs no other file.</summary>
internal static class Pictures
{
    /// <summary>Longest sides in pixels, about twice their size on screen.</summary>
    public const int Photograph = 800, Part = 160, Context = 128, Small = 80, Heat = 96;

    public static RgbImage Shrink(RgbImage image, int longerSide)
    {
        double scale = (double)longerSide / Math.Max(image.Width, image.Height);
        return scale >= 1 ? image : Resampling.Resize(image, Side(image.Width), Side(image.Height));

        int Side(int pixels) => Math.Max(1, (int)Math.Round(pixels * scale));
    }

    /// <summary>The part of a photograph inside a box of the network's input (S × S).</summary>
    public static RgbImage Crop(RgbImage photograph, PixelBox box, int imageSize)
        => ImageCodec.Crop(photograph, box.Scale(imageSize, imageSize, photograph.Width, photograph.Height));

    public static string Uri(RgbImage image, int longerSide, int quality = 80)
        => "data:image/jpeg;base64," + Convert.ToBase64String(ImageCodec.EncodeJpeg(Shrink(image, longerSide), quality));

    /// <summary>The same for a picture in a model file; null if it has none that is readable.</summary>
    public static string? Uri(ReadOnlyMemory<byte>? encoded, int longerSide)
        => Decoded(encoded) is { } image ? Uri(image, longerSide) : null;

    /// <summary>A picture in a model file; null if it has none that is readable.</summary>
    public static RgbImage? Decoded(ReadOnlyMemory<byte>? encoded)
    {
        if (encoded is not { IsEmpty: false } bytes) return null;
        try
        {
            return ImageCodec.Decode(bytes);
        }
        catch (UnreadableImageException)
        {
            return null;
        }
    }

    /// <summary>An image element, or a blank square if there is no picture.</summary>
    public static Markup Element(string? uri, string alt, string kind) => uri is null
        ? Markup.Of($"""<span class="{kind} missing" role="img" aria-label="{alt}: no picture in the model"></span>""")
        : Markup.Of($"""<img class="{kind}" src="{uri}" alt="{alt}" decoding="async"{(IsInside(uri) ? "" : " loading=lazy")}>""");

    private static bool IsInside(string uri) => uri.StartsWith("data:", StringComparison.Ordinal);

    /// <summary>A box of the network's input as a CSS position over its picture.</summary>
    public static string Place(PixelBox box, int imageSize)
    {
        double unit = 100.0 / imageSize;
        return $"top:{Figures.Plain(box.Top * unit)}%;left:{Figures.Plain(box.Left * unit)}%;"
            + $"height:{Figures.Plain(box.Height * unit)}%;width:{Figures.Plain(box.Width * unit)}%";
    }
}
