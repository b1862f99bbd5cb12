using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>The box around the object on a photograph, in pixels of the photograph as it is analysed.</summary>
/// <param name="Left">Its first column.</param>
/// <param name="Top">Its first row.</param>
/// <param name="Width">Its width, above 0.</param>
/// <param name="Height">Its height, above 0.</param>
public sealed record ObjectBox(float Left, float Top, float Width, float Height)
{
    /// <summary>Whether a point, in pixels of the photograph, lies inside.</summary>
    internal bool Contains(double x, double y) => x >= Left && x < Left + Width && y >= Top && y < Top + Height;

    /// <summary>The share of a box's area that lies inside, 0 to 1.</summary>
    /// <param name="box">The box, in pixels of the network's input.</param>
    /// <param name="width">Columns of the photograph for one of the input.</param>
    /// <param name="height">Rows of the photograph for one of the input.</param>
    internal double ShareOf(PixelBox box, double width, double height)
        => Inside(box.Left * width, box.Right * width, Left, Left + Width) * Inside(box.Top * height, box.Bottom * height, Top, Top + Height);

    private static double Inside(double from, double to, double first, double end)
        => Math.Max(0, Math.Min(to, end) - Math.Max(from, first)) / (to - from);
}
