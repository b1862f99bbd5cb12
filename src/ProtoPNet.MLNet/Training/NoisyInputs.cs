using ProtoPNet.MLNet.Images;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>Inputs of the network with noise.</summary>
internal static class NoisyInputs
{
    /// <summary>A copy of the inputs (N × 3 × S × S), each with the noise that <paramref name="noise"/> gives for its number; null for none.</summary>
    public static Tensor Of(Tensor inputs, InputNormalisation normalisation, Func<int, PixelNoise?> noise)
    {
        float[] pixels = [.. inputs.cpu().contiguous().data<float>()];
        PixelNoise.AddToEach(pixels, (int)inputs.shape[0], normalisation, noise);
        return tensor(pixels, inputs.shape, device: inputs.device);
    }
}
