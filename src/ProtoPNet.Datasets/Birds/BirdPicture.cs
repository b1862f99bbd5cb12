using SkiaSharp;

namespace ProtoPNet.Datasets;

/// <summary>A painted bird with its annotations.</summary>
public sealed class BirdPicture
{
    private readonly byte[] _rgba;

    internal BirdPicture(BirdSpecies species, int size, byte[] rgba, IReadOnlyList<PartLocation> parts, float[] boundingBox)
        => (Species, Size, _rgba, Parts, BoundingBox) = (species, size, rgba, parts, boundingBox);

    /// <summary>The species.</summary>
    public BirdSpecies Species { get; }

    /// <summary>Width and height in pixels.</summary>
    public int Size { get; }

    /// <summary>Beak, eye, crest (the crown, whether or not it has one), breast, belly, back, wing, tail and feet, in pixels.</summary>
    public IReadOnlyList<PartLocation> Parts { get; }

    /// <summary>Left, top, width, height of the bird in pixels.</summary>
    public IReadOnlyList<float> BoundingBox { get; }

    /// <summary>Red, green, blue and 255 of each pixel, row by row from the top: Size × Size × 4 bytes.</summary>
    public ReadOnlyMemory<byte> Rgba => _rgba;

    /// <summary>The picture as PNG.</summary>
    public byte[] ToPng() => Encode(SKEncodedImageFormat.Png, 100);

    /// <summary>The picture as JPEG of <paramref name="quality"/> 1 … 100.</summary>
    public byte[] ToJpeg(int quality = 92) => Encode(SKEncodedImageFormat.Jpeg, quality);

    private byte[] Encode(SKEncodedImageFormat format, int quality)
    {
        using SKImage image = SKImage.FromPixelCopy(Info(Size), _rgba);
        using SKData data = image.Encode(format, quality);
        return data.ToArray();
    }

    internal static SKImageInfo Info(int size) => new(size, size, SKColorType.Rgba8888, SKAlphaType.Opaque);
}
