namespace ProtoPNet.MLNet.Images;

/// <summary>
/// A photograph on its way into the network, the same in training, scoring and explaining: were large ones reduced in training alone, their
/// prototypes would not be the patches that scoring sees.
/// </summary>
internal static class NetworkInput
{
    /// <summary>Shorter side, in pixels, above which every photograph is reduced first, at the least.</summary>
    private const int LargestShorterSide = 1024;

    /// <summary>What training keeps of a photograph: all of it, or, of a large one, a copy with a shorter side of 1,024 pixels or 4·S.</summary>
    public static RgbImage Keep(RgbImage photograph, int size) => Resampling.Reduce(photograph, Math.Max(LargestShorterSide, 4 * size));

    /// <summary>Writes the whole photograph as 3 × <paramref name="size"/> × <paramref name="size"/> normalised floats.</summary>
    public static void Render(RgbImage photograph, int size, InputNormalisation normalisation, Span<float> chw)
        => ViewRenderer.Render(Keep(photograph, size), View.Whole, size, normalisation, chw);
}
