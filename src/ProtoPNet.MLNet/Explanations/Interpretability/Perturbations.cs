using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>Changes of a network's input (3 × S × S, or N of them), the same change of the photograph whatever the backbone's normalisation.</summary>
internal static class Perturbations
{
    /// <summary>10 % brighter.</summary>
    public const double Light = 1.1;

    /// <summary>Gaussian noise on pixels normalised as for ImageNet, given in another normalisation.</summary>
    /// <param name="inputs">The inputs (N × 3 × S × S); only their shape and device matter.</param>
    /// <param name="normalisation">The normalisation of the inputs.</param>
    /// <param name="kind">How strong the noise is.</param>
    /// <param name="first">The number of the first input, from which its noise is drawn; the others follow.</param>
    public static Tensor Noise(Tensor inputs, InputNormalisation normalisation, NoiseKind kind, int first)
    {
        float[] noise = new float[inputs.numel()];
        PixelNoise.AddToEach(noise, (int)inputs.shape[0], normalisation, i => new((ulong)(first + i), kind.Deviation, kind.Limit));
        return tensor(noise, inputs.shape, device: inputs.device);
    }

    /// <summary>A box painted over with the photograph's mean colour.</summary>
    public static Tensor Painted(Tensor input, PixelBox box)
    {
        Tensor painted = input.clone();
        painted.Part(box).copy_(input.mean([1, 2], keepdim: true).expand(3, box.Height, box.Width));
        return painted;
    }

    /// <summary>Noise everywhere outside a box.</summary>
    public static Tensor NoisyOutside(Tensor input, Tensor noise, PixelBox box)
    {
        Tensor noisy = input.Plus(noise);
        noisy.Part(box).copy_(input.Part(box));
        return noisy;
    }

    /// <summary>Inputs under a little more light, no pixel brighter than white.</summary>
    public static Tensor Brighter(Tensor inputs, InputNormalisation normalisation)
    {
        Tensor mean = tensor(normalisation.Mean.ToArray(), [1, 3, 1, 1], device: inputs.device);
        Tensor deviation = tensor(normalisation.Deviation.ToArray(), [1, 3, 1, 1], device: inputs.device);
        return inputs.mul(deviation).Plus(mean).Times(Light).Clamped(0, 1).sub(mean).div(deviation);
    }

    /// <summary>A box of the same size, anywhere in an input of S × S pixels.</summary>
    public static PixelBox Elsewhere(PixelBox box, int side, DeterministicRandom random)
    {
        (int top, int left) = (random.NextInt(side - box.Height + 1), random.NextInt(side - box.Width + 1));
        return new(top, top + box.Height, left, left + box.Width);
    }

    private static Tensor Part(this Tensor input, PixelBox box) => input.narrow(1, box.Top, box.Height).narrow(2, box.Left, box.Width);
}

/// <summary>Gaussian noise: its deviation, and the size at which it is clipped.</summary>
internal readonly record struct NoiseKind(double Deviation, double Limit)
{
    /// <summary>Of the stability measure (Huang et al. 2023).</summary>
    public static NoiseKind Stability => new(0.2, 0.25);

    /// <summary>Of the completeness measure.</summary>
    public static NoiseKind Completeness => new(0.05, double.PositiveInfinity);
}
