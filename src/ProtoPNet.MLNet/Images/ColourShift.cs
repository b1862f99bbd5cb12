namespace ProtoPNet.MLNet.Images;

/// <summary>
/// A colour change: pixels are multiplied by <paramref name="Brightness"/>, scaled away from middle grey by <paramref name="Contrast"/> and away
/// from their own grey by <paramref name="Saturation"/>, then clamped to [0, 1]. (1, 1, 1) is the identity.
/// </summary>
internal readonly record struct ColourShift(float Brightness, float Contrast, float Saturation)
{
    /// <summary>The identity.</summary>
    public static ColourShift None { get; } = new(1, 1, 1);
}
