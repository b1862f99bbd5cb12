namespace ProtoPNet.MLNet.Images;

/// <summary>
/// What a backbone wants of its images: (x − mean) / deviation for each channel (red, green, blue) of pixels x in [0, 1]. Two of the same numbers are
/// equal.
/// </summary>
public sealed record InputNormalisation
{
    /// <summary>Checks and keeps the numbers.</summary>
    /// <param name="mean">Three finite numbers: of red, green, blue.</param>
    /// <param name="deviation">Three finite numbers above 0.</param>
    /// <exception cref="ArgumentException">They are not.</exception>
    public InputNormalisation(IReadOnlyList<float> mean, IReadOnlyList<float> deviation)
    {
        ArgumentNullException.ThrowIfNull(mean);
        ArgumentNullException.ThrowIfNull(deviation);
        if (mean.Count != 3 || !mean.All(float.IsFinite)) throw new ArgumentException("A mean is three finite numbers: of red, green and blue.");
        if (deviation.Count != 3 || !deviation.All(d => float.IsFinite(d) && d > 0))
            throw new ArgumentException("A deviation is three finite numbers above 0: of red, green and blue.");
        (Mean, Deviation) = ([.. mean], [.. deviation]);
    }

    /// <summary>torchvision's, of ImageNet's pixels.</summary>
    public static InputNormalisation ImageNet { get; } = new([0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f]);

    /// <summary>x / 127.5 − 1 of pixels from 0 to 255: TensorFlow's.</summary>
    public static InputNormalisation MinusOneToOne { get; } = new([0.5f, 0.5f, 0.5f], [0.5f, 0.5f, 0.5f]);

    /// <summary>Pixels as they are, in [0, 1].</summary>
    public static InputNormalisation ZeroToOne { get; } = new([0, 0, 0], [1, 1, 1]);

    /// <summary>Pixels as they are, from 0 to 255.</summary>
    public static InputNormalisation ZeroTo255 { get; } = MinusMean(0, 0, 0);

    /// <summary>Of red, green, blue.</summary>
    public IReadOnlyList<float> Mean { get; }

    /// <summary>Of red, green, blue.</summary>
    public IReadOnlyList<float> Deviation { get; }

    /// <summary>Pixels from 0 to 255 less a mean of each channel.</summary>
    public static InputNormalisation MinusMean(double red, double green, double blue)
        => new([(float)(red / 255), (float)(green / 255), (float)(blue / 255)], [1 / 255f, 1 / 255f, 1 / 255f]);

    /// <inheritdoc/>
    public bool Equals(InputNormalisation? other)
        => other is not null && Mean.SequenceEqual(other.Mean) && Deviation.SequenceEqual(other.Deviation);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Mean[0], Mean[1], Mean[2], Deviation[0]);

    /// <summary>The formula.</summary>
    public override string ToString()
        => FormattableString.Invariant($"(x - [{string.Join(", ", Mean)}]) / [{string.Join(", ", Deviation)}]");
}
