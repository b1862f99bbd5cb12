using SkiaSharp;

namespace ProtoPNet.MLNet.Images;

/// <summary>Maps the pixels of a stored picture to an upright picture of <see cref="Width"/> × <see cref="Height"/>.</summary>
internal readonly struct Turn
{
    private readonly int _start, _down;

    private Turn(int width, int height, int start, int right, int down)
        => (Width, Height, _start, Step, _down) = (width, height, start, right, down);

    /// <summary>The width of the upright picture.</summary>
    public int Width { get; }

    /// <summary>The height of the upright picture.</summary>
    public int Height { get; }

    /// <summary>The offset, in pixels, between horizontally adjacent stored pixels.</summary>
    public int Step { get; }

    /// <summary>The row-major index of the first pixel of stored row <paramref name="y"/>.</summary>
    public int StartOfRow(int y) => _start + y * _down;

    /// <summary>The turn for a stored picture with the given EXIF orientation (one of eight).</summary>
    public static Turn Upright(SKEncodedOrigin origin, int width, int height)
    {
        int last = width * height - 1;
        return origin switch
        {
            SKEncodedOrigin.TopRight => new(width, height, width - 1, -1, width),
            SKEncodedOrigin.BottomRight => new(width, height, last, -1, -width),
            SKEncodedOrigin.BottomLeft => new(width, height, last + 1 - width, 1, -width),
            SKEncodedOrigin.LeftTop => new(height, width, 0, height, 1),
            SKEncodedOrigin.RightTop => new(height, width, height - 1, height, -1),
            SKEncodedOrigin.RightBottom => new(height, width, last, -height, -1),
            SKEncodedOrigin.LeftBottom => new(height, width, last + 1 - height, -height, 1),
            _ => new(width, height, 0, 1, width),
        };
    }
}
