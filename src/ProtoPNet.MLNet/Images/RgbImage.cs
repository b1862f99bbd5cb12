namespace ProtoPNet.MLNet.Images;

/// <summary>A decoded photograph: 8-bit RGB, interleaved, rows from the top, no padding.</summary>
public sealed class RgbImage
{
    /// <summary>Wraps <paramref name="pixels"/> (not copied).</summary>
    /// <exception cref="ArgumentException">The number of bytes is not 3 × width × height.</exception>
    public RgbImage(int width, int height, byte[] pixels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentNullException.ThrowIfNull(pixels);
        if (pixels.Length != 3L * width * height)
            throw new ArgumentException($"A picture of {width}×{height} has {3L * width * height} bytes, not {pixels.Length}.", nameof(pixels));
        (Width, Height, Pixels) = (width, height, pixels);
    }

    /// <summary>The width in pixels.</summary>
    public int Width { get; }

    /// <summary>The height in pixels.</summary>
    public int Height { get; }

    /// <summary>Red, green, blue of each pixel, row by row.</summary>
    public byte[] Pixels { get; }
}
