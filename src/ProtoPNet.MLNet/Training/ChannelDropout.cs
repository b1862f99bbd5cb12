using ProtoPNet.MLNet.Randomness;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>Leaves out whole channels of features, others in each view; the rest grow, so that the sum stays the same in the mean.</summary>
internal static class ChannelDropout
{
    /// <param name="features">N × C × H × W.</param>
    /// <param name="share">How many are left out, in [0, 1).</param>
    /// <param name="seed">Which ones.</param>
    public static Tensor Of(Tensor features, double share, ulong seed)
    {
        if (share == 0) return features;
        var random = new DeterministicRandom(seed);
        float[] kept = new float[features.shape[0] * features.shape[1]];
        foreach (ref float one in kept.AsSpan()) one = random.NextDouble() < share ? 0 : (float)(1 / (1 - share));
        return features * tensor(kept, device: features.device).reshape(features.shape[0], features.shape[1], 1, 1);
    }
}
