using ProtoPNet.MLNet.Randomness;

namespace ProtoPNet.MLNet.Images;

/// <summary>How the three warps of an <see cref="Augmentation"/> are combined.</summary>
public enum WarpMix
{
    /// <summary>Each view is rotated, slanted or sheared, chosen at random.</summary>
    One,

    /// <summary>Each view is rotated, slanted and sheared at once.</summary>
    All,
}

/// <summary>
/// Random augmentation of training photographs. All of it is a single map from the input to the photograph, so that
/// pixels are resampled only once; views are enlarged so that nothing outside the photograph shows, instead of filling with black.
/// </summary>
public sealed record Augmentation
{
    /// <summary>No augmentation: every view is the whole photograph.</summary>
    public static Augmentation None { get; } = new()
    {
        RotationDegrees = 0,
        SkewMagnitude = 0,
        ShearDegrees = 0,
        FlipProbability = 0,
        SmallestArea = 1,
        Brightness = 0,
        Contrast = 0,
        Saturation = 0,
        Noise = 0,
    };

    /// <summary>
    /// The published recipe (<c>img_aug.py</c> of the authors' code): rotate by up to 15°, slant by up to a fifth or shear by up to 10°; then mirror
    /// every second view. Unlike there, views are drawn afresh in each epoch instead of thirty per photograph once.
    /// </summary>
    public static Augmentation Paper { get; } = None with
    {
        RotationDegrees = 15,
        SkewMagnitude = 0.2,
        ShearDegrees = 10,
        FlipProbability = 0.5,
        Warps = WarpMix.One,
    };

    /// <summary>Our own: gentler warps, all combined, with mild zoom and colour changes.</summary>
    public static Augmentation Default { get; } = new();

    /// <summary>The maximum rotation in degrees, in either direction, 0 … 45.</summary>
    public double RotationDegrees { get; init => field = Within(value, 0, 45, nameof(RotationDegrees)); } = 10;

    /// <summary>Perspective: the maximum outward shift of corners, as a fraction of the longer side, 0 … 0.5.</summary>
    public double SkewMagnitude { get; init => field = Within(value, 0, 0.5, nameof(SkewMagnitude)); } = 0.1;

    /// <summary>The maximum shear along x or y in degrees, in either direction, 0 … 30.</summary>
    public double ShearDegrees { get; init => field = Within(value, 0, 30, nameof(ShearDegrees)); } = 5;

    /// <summary>The probability of a horizontal flip, 0 … 1.</summary>
    public double FlipProbability { get; init => field = Within(value, 0, 1, nameof(FlipProbability)); } = 0.5;

    /// <summary>Zoom: the smallest fraction of the area to keep, 0.05 … 1 (1: no zoom). The aspect ratio is kept, the position is random.</summary>
    public double SmallestArea { get; init => field = Within(value, 0.05, 1, nameof(SmallestArea)); } = 0.6;

    /// <summary>Brightness is multiplied by 1 ± up to this, 0 … 0.9.</summary>
    public double Brightness { get; init => field = Within(value, 0, 0.9, nameof(Brightness)); } = 0.2;

    /// <summary>Contrast is multiplied by 1 ± up to this, 0 … 0.9.</summary>
    public double Contrast { get; init => field = Within(value, 0, 0.9, nameof(Contrast)); } = 0.2;

    /// <summary>Saturation is multiplied by 1 ± up to this, 0 … 0.9.</summary>
    public double Saturation { get; init => field = Within(value, 0, 0.9, nameof(Saturation)); } = 0.2;

    /// <summary>
    /// Noise in every second view, drawn by chance: the standard deviation of Gaussian noise on pixels normalised as for ImageNet, 0 … 2; 0.2 is that of
    /// the stability measure (docs/explanations.md).
    /// </summary>
    public double Noise { get; init => field = Within(value, 0, 2, nameof(Noise)); }

    /// <summary>Whether a view gets one of the three warps or all of them.</summary>
    public WarpMix Warps { get; init; } = WarpMix.All;

    /// <summary>
    /// The view for <paramref name="seed"/> of a photograph with aspect ratio (width / height) <paramref name="aspect"/>.
    /// </summary>
    internal View Sample(ulong seed, double aspect = 1)
    {
        if (this == None) return View.Whole;
        DeterministicRandom random = new(seed);
        View view = random.NextDouble() < FlipProbability ? View.Mirrored : View.Whole;
        if (SmallestArea < 1) view = view.Then(Zoomed(random));
        int chosen = Warps == WarpMix.One ? random.NextInt(3) : -1;
        if (RotationDegrees > 0 && chosen is 0 or -1) view = view.Then(View.Rotated(Either(random, RotationDegrees), aspect));
        if (SkewMagnitude > 0 && chosen is 1 or -1) view = view.Then(Slanted(random, aspect));
        if (ShearDegrees > 0 && chosen is 2 or -1) view = view.Then(Sheared(random, aspect));
        if (Brightness != 0 || Contrast != 0 || Saturation != 0)
            view = view.In(new(Factor(random, Brightness), Factor(random, Contrast), Factor(random, Saturation)));
        return Noise > 0 && random.NextInt(2) == 0 ? view.With(new(random.NextUInt64(), Noise)) : view;
    }

    private View Zoomed(DeterministicRandom random)
    {
        double side = Math.Sqrt(random.NextDouble(SmallestArea, 1));
        return View.Part(random.NextDouble() * (1 - side), random.NextDouble() * (1 - side), side, side);
    }

    private View Sheared(DeterministicRandom random, double aspect)
    {
        double degrees = Either(random, ShearDegrees);
        return random.NextInt(2) == 0 ? View.ShearedAlongX(degrees, aspect) : View.ShearedAlongY(degrees, aspect);
    }

    /// <summary>
    /// As in Augmentor: one side is tilted (both its corners pulled apart along it) or one corner pulled, by up to a fraction of the longer side.
    /// </summary>
    private View Slanted(DeterministicRandom random, double aspect)
    {
        double amount = random.NextDouble() * SkewMagnitude;
        double x = amount * Math.Max(1, 1 / aspect), y = amount * Math.Max(1, aspect);
        (double X, double Y)[] corners = [(0, 0), (1, 0), (1, 1), (0, 1)];
        (double X, double Y)[] outwards = [(-x, -y), (x, -y), (x, y), (-x, y)];
        bool along = random.NextInt(2) == 0;
        int corner = random.NextInt(4);
        // As there, three kinds in four tilt a side (any side, left or right, top or bottom); the fourth pulls a single corner.
        bool leaning = random.NextInt(4) < 3;
        Pull(corner);
        if (leaning) Pull(along ? corner ^ 1 : 3 - corner);
        return View.Slanted(corners[0], corners[1], corners[2], corners[3]);

        void Pull(int which)
            => corners[which] = along
                ? (corners[which].X + outwards[which].X, corners[which].Y)
                : (corners[which].X, corners[which].Y + outwards[which].Y);
    }

    private static double Either(DeterministicRandom random, double most) => random.NextDouble(-most, most);

    private static float Factor(DeterministicRandom random, double most) => (float)(1 + random.NextDouble(-most, most));

    private static double Within(double value, double least, double most, string name)
        => value >= least && value <= most
            ? value
            : throw new ArgumentOutOfRangeException(name, $"{name} is {value}; it must be between {least} and {most}.");
}
