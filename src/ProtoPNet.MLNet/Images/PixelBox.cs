namespace ProtoPNet.MLNet.Images;

/// <summary>
/// A rectangle of whole pixels: rows [<paramref name="Top"/>, <paramref name="Bottom"/>), columns [<paramref name="Left"/>,
/// <paramref name="Right"/>).
/// </summary>
/// <remarks>Ordered as in the reference implementation's files: top, bottom, left, right; ends are exclusive.</remarks>
public readonly record struct PixelBox(int Top, int Bottom, int Left, int Right)
{
    /// <summary>The width in pixels.</summary>
    public int Width => Right - Left;

    /// <summary>The height in pixels.</summary>
    public int Height => Bottom - Top;

    /// <summary>The rectangle scaled to a picture of another size; never empty, always inside.</summary>
    public PixelBox Scale(int fromWidth, int fromHeight, int toWidth, int toHeight)
    {
        int top = Math.Clamp((int)Math.Round((double)Top * toHeight / fromHeight), 0, toHeight - 1);
        int left = Math.Clamp((int)Math.Round((double)Left * toWidth / fromWidth), 0, toWidth - 1);
        return new(top, Math.Clamp((int)Math.Round((double)Bottom * toHeight / fromHeight), top + 1, toHeight),
            left, Math.Clamp((int)Math.Round((double)Right * toWidth / fromWidth), left + 1, toWidth));
    }
}
