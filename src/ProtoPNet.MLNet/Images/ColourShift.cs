namespace ProtoPNet.MLNet.Images;

/// <summary>
/// A change of light: pixels are multiplied by <paramref name="Brightness"/>, moved away from middle grey by <paramref name="Contrast"/> and away
/// from their own grey by <paramref name="Saturation"/>, then held within [0, 1]. Factors; (1, 1, 1) changes nothing.
/// </summary>
internal readonly record struct ColourShift(float Brightness, float Contrast, float Saturation)
{
    /// <summary>Nothing changes.</summary>
    public static ColourShift None { get; } = new(1, 1, 1);
}
