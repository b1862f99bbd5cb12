using ProtoPNet.MLNet.Randomness;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>Drops whole feature channels, drawn per view; the rest are scaled up so that the expected sum is unchanged.</summary>
internal static class ChannelDropout
{
    /// <param name="features">N × C × H × W.</param>
    /// <param name="share">The share of channels dropped, in [0, 1).</param>
    /// <param name="seed">Determines which channels are dropped.</param>
    public static Tensor Of(Tensor features, double share, ulong seed)
    {
        if (share == 0) return features;
        var random = new DeterministicRandom(seed);
        float[] kept = new float[features.shape[0] * features.shape[1]];
        foreach (ref float one in kept.AsSpan()) one = random.NextDouble() < share ? 0 : (float)(1 / (1 - share));
        return features * tensor(kept, device: features.device).reshape(features.shape[0], features.shape[1], 1, 1);
    }
}
