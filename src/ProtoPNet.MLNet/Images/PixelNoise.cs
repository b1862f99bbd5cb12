using ProtoPNet.MLNet.Randomness;

namespace ProtoPNet.MLNet.Images;

/// <summary>Gaussian noise, independent for every pixel and channel.</summary>
/// <param name="Seed">The noise follows from it.</param>
/// <param name="Deviation">Its standard deviation, of pixels in [0, 1].</param>
internal readonly record struct PixelNoise(ulong Seed, float Deviation)
{
    /// <summary>Adds the noise to normalised planes (3 × S × S).</summary>
    public void AddTo(Span<float> chw, InputNormalisation normalisation)
    {
        DeterministicRandom random = new(Seed);
        int plane = chw.Length / 3;
        for (int channel = 0; channel < 3; channel++)
        {
            float scale = Deviation / normalisation.Deviation[channel];
            foreach (ref float value in chw.Slice(channel * plane, plane)) value += scale * (float)random.Normal();
        }
    }
}
