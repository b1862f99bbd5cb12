namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>
/// The input normalisation of a backbone: (x − mean) / deviation for each channel (red, green, blue) of pixels x in [0, 1].
/// </summary>
/// <param name="Mean">Three numbers.</param>
/// <param name="Deviation">Three numbers above 0.</param>
internal sealed record InputNormalisation(float[] Mean, float[] Deviation)
{
    /// <summary>torchvision's normalisation, from ImageNet's pixels.</summary>
    public static InputNormalisation ImageNet { get; } = new([0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f]);

    /// <summary>TensorFlow's normalisation: x / 127.5 − 1 for pixels from 0 to 255.</summary>
    public static InputNormalisation MinusOneToOne { get; } = new([0.5f, 0.5f, 0.5f], [0.5f, 0.5f, 0.5f]);

    /// <summary>No normalisation: pixels in [0, 1].</summary>
    public static InputNormalisation ZeroToOne { get; } = new([0, 0, 0], [1, 1, 1]);

    /// <summary>Pixels from 0 to 255 minus a mean per channel.</summary>
    public static InputNormalisation MinusMean(double red, double green, double blue)
        => new([(float)(red / 255), (float)(green / 255), (float)(blue / 255)], [1 / 255f, 1 / 255f, 1 / 255f]);

    public bool Equals(InputNormalisation? other)
        => other is not null && Mean.AsSpan().SequenceEqual(other.Mean) && Deviation.AsSpan().SequenceEqual(other.Deviation);

    public override int GetHashCode() => HashCode.Combine(Mean[0], Mean[1], Mean[2], Deviation[0]);

    public override string ToString()
        => FormattableString.Invariant($"(x - [{string.Join(", ", Mean)}]) / [{string.Join(", ", Deviation)}]");
}
