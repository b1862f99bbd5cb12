using ProtoPNet.MLNet.Randomness;

namespace ProtoPNet.MLNet.Images;

/// <summary>
/// Gaussian noise, independent for every pixel and channel, in units of pixels normalised as for ImageNet: the same change of a photograph whatever
/// the backbone's own normalisation.
/// </summary>
/// <param name="Seed">The noise follows from it.</param>
/// <param name="Deviation">Its standard deviation.</param>
/// <param name="Limit">The size at which it is clipped; infinite for none.</param>
internal readonly record struct PixelNoise(ulong Seed, double Deviation, double Limit = double.PositiveInfinity)
{
    /// <summary>Adds the noise to an input (3 × S × S) in the given normalisation.</summary>
    public void AddTo(Span<float> chw, InputNormalisation normalisation)
    {
        DeterministicRandom random = new(Seed);
        int plane = chw.Length / 3;
        for (int channel = 0; channel < 3; channel++)
        {
            float unit = InputNormalisation.ImageNet.Deviation[channel] / normalisation.Deviation[channel];
            foreach (ref float value in chw.Slice(channel * plane, plane))
                value += unit * (float)Math.Clamp(Deviation * random.Normal(), -Limit, Limit);
        }
    }

    /// <summary>Adds noise to each of several inputs; <paramref name="noise"/> gives an input's noise by its number, null for none.</summary>
    public static void AddToEach(float[] inputs, int count, InputNormalisation normalisation, Func<int, PixelNoise?> noise)
    {
        int length = inputs.Length / count;
        Parallel.For(0, count, i => noise(i)?.AddTo(inputs.AsSpan(i * length, length), normalisation));
    }
}
