namespace ProtoPNet.MLNet.Images;

/// <summary>
/// A projective map of the plane: (x, y) goes to ((Xx·x + Xy·y + X1) / w, (Yx·x + Yy·y + Y1) / w) with w = Wx·x + Wy·y + W1.
/// </summary>
internal readonly record struct Homography(double Xx, double Xy, double X1, double Yx, double Yy, double Y1, double Wx, double Wy, double W1)
{
    public static Homography Identity { get; } = Affine(1, 0, 0, 0, 1, 0);

    /// <summary>Whether horizontal lines stay horizontal and vertical ones vertical.</summary>
    public bool IsAxisAligned => Xy == 0 && Yx == 0 && Wx == 0 && Wy == 0;

    /// <summary>A map without perspective.</summary>
    public static Homography Affine(double xx, double xy, double x1, double yx, double yy, double y1) => new(xx, xy, x1, yx, yy, y1, 0, 0, 1);

    /// <summary>
    /// Maps the corners (0,0), (1,0), (1,1), (0,1) of the unit square to <paramref name="a"/>, <paramref name="b"/>, <paramref name="c"/>,
    /// <paramref name="d"/>.
    /// </summary>
    public static Homography UnitSquareTo((double X, double Y) a, (double X, double Y) b, (double X, double Y) c, (double X, double Y) d)
    {
        // The projective part accounts for the quadrilateral's deviation from a parallelogram.
        (double x, double y) = (a.X - b.X + c.X - d.X, a.Y - b.Y + c.Y - d.Y);
        (double bx, double by, double dx, double dy) = (b.X - c.X, b.Y - c.Y, d.X - c.X, d.Y - c.Y);
        double area = bx * dy - dx * by;
        double wx = (x * dy - dx * y) / area, wy = (bx * y - x * by) / area;
        return new(b.X - a.X + wx * b.X, d.X - a.X + wy * d.X, a.X, b.Y - a.Y + wx * b.Y, d.Y - a.Y + wy * d.Y, a.Y, wx, wy, 1);
    }

    /// <summary>The image of (x, y).</summary>
    public (double X, double Y) Apply(double x, double y)
    {
        double w = Wx * x + Wy * y + W1;
        return ((Xx * x + Xy * y + X1) / w, (Yx * x + Yy * y + Y1) / w);
    }

    /// <summary>This map followed by <paramref name="next"/>.</summary>
    public Homography Then(Homography next) => new(
        next.Xx * Xx + next.Xy * Yx + next.X1 * Wx, next.Xx * Xy + next.Xy * Yy + next.X1 * Wy, next.Xx * X1 + next.Xy * Y1 + next.X1 * W1,
        next.Yx * Xx + next.Yy * Yx + next.Y1 * Wx, next.Yx * Xy + next.Yy * Yy + next.Y1 * Wy, next.Yx * X1 + next.Yy * Y1 + next.Y1 * W1,
        next.Wx * Xx + next.Wy * Yx + next.W1 * Wx, next.Wx * Xy + next.Wy * Yy + next.W1 * Wy, next.Wx * X1 + next.Wy * Y1 + next.W1 * W1);

    /// <summary>The inverse map.</summary>
    public Homography Inverse()
    {
        double w1 = Xx * Yy - Xy * Yx;
        return new(
            (Yy * W1 - Y1 * Wy) / w1, (X1 * Wy - Xy * W1) / w1, (Xy * Y1 - X1 * Yy) / w1,
            (Y1 * Wx - Yx * W1) / w1, (Xx * W1 - X1 * Wx) / w1, (X1 * Yx - Xx * Y1) / w1,
            (Yx * Wy - Yy * Wx) / w1, (Xy * Wx - Xx * Wy) / w1, 1);
    }
}
