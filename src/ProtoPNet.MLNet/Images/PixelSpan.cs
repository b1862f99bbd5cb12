namespace ProtoPNet.MLNet.Images;

/// <summary>Borrowed pixels: an <see cref="RgbImage"/> that does not own its memory.</summary>
internal readonly ref struct PixelSpan(int width, int height, ReadOnlySpan<byte> pixels)
{
    public int Width { get; } = width;

    public int Height { get; } = height;

    /// <summary>Red, green, blue of each pixel, row by row.</summary>
    public ReadOnlySpan<byte> Pixels { get; } = pixels;

    public static implicit operator PixelSpan(RgbImage image) => new(image.Width, image.Height, image.Pixels);
}
