using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>The similarity after painting over the place where the prototype fires.</summary>
/// <param name="Activation">The prototype, and the box that was painted over.</param>
/// <param name="After">The highest similarity afterwards, anywhere in the photograph.</param>
public sealed record MaskedActivation(Activation Activation, float After)
{
    /// <summary>The part of the similarity that the box accounts for; near zero, the box does not show what matters.</summary>
    public float Drop => Activation.Similarity - After;
}

/// <summary>
/// The perturbation check: a patch sees more than its box (see <see cref="LocalExplanation.FieldOfView"/>), so each box is painted over with the
/// photograph's mean colour and the similarity measured again.
/// </summary>
internal static class MaskingCheck
{
    private const int Batch = 16;

    /// <summary>One pass through the network for each activation.</summary>
    /// <param name="model">The model that produced the activations.</param>
    /// <param name="image">The photograph they belong to.</param>
    /// <param name="activations">The activations to check.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public static IReadOnlyList<MaskedActivation> Mask(
        this TrainedProtoPNet model, RgbImage image, IReadOnlyList<Activation> activations, CancellationToken cancellation = default)
    {
        int side = model.Architecture.ImageSize;
        float[] pixels = InputBatches.Render(image, model.Architecture);
        List<MaskedActivation> result = [];
        foreach (Activation[] chunk in activations.Chunk(Batch))
        {
            cancellation.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            using IDisposable mode = inference_mode();
            Tensor original = tensor(pixels, [3, side, side]);
            Tensor mean = original.mean([1, 2], keepdim: true);
            Tensor masked = stack(chunk.Select(activation => Paint(original, activation.Box, mean)).ToArray()).to(model.Device);
            Tensor distances = model.Network.Distances(model.Latent(masked));
            float[] after = [.. model.Network.Similarity(Network.ProtoPNetNetwork.MinDistances(distances)).cpu().contiguous().data<float>()];
            result.AddRange(chunk.Select((activation, i)
                => new MaskedActivation(activation, after[i * model.Prototypes.Count + activation.Prototype.Index])));
        }
        return result;
    }

    private static Tensor Paint(Tensor image, PixelBox box, Tensor colour)
    {
        Tensor painted = image.clone();
        painted.narrow(1, box.Top, box.Height).narrow(2, box.Left, box.Width).copy_(colour.expand(3, box.Height, box.Width));
        return painted;
    }
}
