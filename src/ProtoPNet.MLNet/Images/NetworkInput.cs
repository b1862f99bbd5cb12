namespace ProtoPNet.MLNet.Images;

/// <summary>
/// Turns a photograph into network input, identically in training, scoring and explaining: if large ones were reduced in training only, their
/// prototypes would not be the patches that scoring sees.
/// </summary>
internal static class NetworkInput
{
    /// <summary>The minimum length of the shorter side, in pixels, above which photographs are reduced first.</summary>
    private const int LargestShorterSide = 1024;

    /// <summary>What training keeps of a photograph: all of it or, if large, a copy with a shorter side of max(1024, 4·S) pixels.</summary>
    public static RgbImage Keep(RgbImage photograph, int size) => Resampling.Reduce(photograph, Math.Max(LargestShorterSide, 4 * size));

    /// <summary>Writes the whole photograph as 3 × <paramref name="size"/> × <paramref name="size"/> normalised floats.</summary>
    public static void Render(RgbImage photograph, int size, InputNormalisation normalisation, Span<float> chw)
        => ViewRenderer.Render(Keep(photograph, size), View.Whole, size, normalisation, chw);
}
