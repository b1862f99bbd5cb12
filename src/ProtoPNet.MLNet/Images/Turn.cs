using SkiaSharp;

namespace ProtoPNet.MLNet.Images;

/// <summary>Where the pixels of a stored picture go so that it stands upright: <see cref="Width"/> × <see cref="Height"/> of them.</summary>
internal readonly struct Turn
{
    private readonly int _start, _down;

    private Turn(int width, int height, int start, int right, int down)
        => (Width, Height, _start, Step, _down) = (width, height, start, right, down);

    /// <summary>Columns of the upright picture.</summary>
    public int Width { get; }

    /// <summary>Rows of the upright picture.</summary>
    public int Height { get; }

    /// <summary>How many places each stored pixel lies behind the one to its left.</summary>
    public int Step { get; }

    /// <summary>The place, counted row by row, of the first pixel of stored row <paramref name="y"/>.</summary>
    public int StartOfRow(int y) => _start + y * _down;

    /// <summary>The turn of a stored picture whose first row and column are where <paramref name="origin"/> says (EXIF's eight orientations).</summary>
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
