namespace ProtoPNet.MLNet.Images;

/// <summary>
/// A view of a photograph: the position of each pixel of the network's square input in it, a colour shift and noise. Coordinates run from 0 to 1 over
/// the width and height of both, so a view does not depend on sizes. <c>default</c> is <see cref="Whole"/>.
/// </summary>
internal readonly record struct View
{
    private readonly Homography? _map;
    private readonly ColourShift? _colours;
    private readonly PixelNoise? _noise;

    private View(Homography map, ColourShift? colours = null, PixelNoise? noise = null) => (_map, _colours, _noise) = (map, colours, noise);

    /// <summary>The whole photograph, squeezed into the square; used for classification, projection and explanation.</summary>
    public static View Whole => default;

    /// <summary>The horizontal flip.</summary>
    public static View Mirrored { get; } = new(Homography.Affine(-1, 0, 1, 0, 1, 0));

    /// <summary>Maps input coordinates to photograph coordinates.</summary>
    public Homography Map => _map ?? Homography.Identity;

    /// <summary>The colour shift.</summary>
    public ColourShift Colours => _colours ?? ColourShift.None;

    /// <summary>The noise added to the pixels; null for none.</summary>
    public PixelNoise? Noise => _noise;

    /// <summary>The part of the photograph from (<paramref name="left"/>, <paramref name="top"/>), of the given size; all in 0 … 1.</summary>
    public static View Part(double left, double top, double width, double height) => new(Homography.Affine(width, 0, left, 0, height, top));

    /// <summary>
    /// Rotates about the centre and enlarges until no corner lies outside, keeping the aspect ratio.
    /// <paramref name="aspect"/> is the photograph's width / height.
    /// </summary>
    public static View Rotated(double degrees, double aspect)
    {
        (double sin, double cos) = Math.SinCos(double.DegreesToRadians(degrees));
        double scale = 1 / (cos + Math.Abs(sin) * Math.Max(aspect, 1 / aspect));
        (double xx, double xy, double yx, double yy) = (scale * cos, scale * sin / aspect, -scale * sin * aspect, scale * cos);
        return new(Homography.Affine(xx, xy, (1 - xx - xy) / 2, yx, yy, (1 - yx - yy) / 2));
    }

    /// <summary>Shears along rows by an angle and crops to the part that all rows share.</summary>
    public static View ShearedAlongX(double degrees, double aspect)
    {
        double shift = Math.Clamp(Math.Tan(double.DegreesToRadians(degrees)) / aspect, -0.9, 0.9);
        return new(Homography.Affine(1 - Math.Abs(shift), shift, Math.Max(0, -shift), 0, 1, 0));
    }

    /// <summary>Shears along columns by an angle and crops to the part that all columns share.</summary>
    public static View ShearedAlongY(double degrees, double aspect)
    {
        double shift = Math.Clamp(Math.Tan(double.DegreesToRadians(degrees)) * aspect, -0.9, 0.9);
        return new(Homography.Affine(1, 0, 0, shift, 1 - Math.Abs(shift), Math.Max(0, -shift)));
    }

    /// <summary>
    /// A perspective view: the photograph's corners (clockwise from the top left) are moved to these points of the input plane,
    /// which must be outside the input or on its border, so that nothing outside the photograph shows.
    /// </summary>
    public static View Slanted(
        (double X, double Y) topLeft, (double X, double Y) topRight, (double X, double Y) bottomRight, (double X, double Y) bottomLeft)
        => new(Homography.UnitSquareTo(topLeft, topRight, bottomRight, bottomLeft).Inverse());

    /// <summary>
    /// Composes this view with <paramref name="next"/>, which is applied to the photograph first. Its colour shift and noise are used if this one has none.
    /// </summary>
    public View Then(View next) => new(Map.Then(next.Map), _colours ?? next._colours, _noise ?? next._noise);

    /// <summary>The same view with another colour shift.</summary>
    public View In(ColourShift colours) => new(Map, colours, _noise);

    /// <summary>The same view with noise.</summary>
    public View With(PixelNoise noise) => new(Map, _colours, noise);
}
