using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Network.Layers;
using ProtoPNet.MLNet.Randomness;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network;

/// <summary>Initialises a network's weights; the last layer's are set at construction.</summary>
internal static class Initialisation
{
    /// <summary>
    /// Convolutions from the normal distribution of He et al. (2015) as in torchvision, with biases 0; prototypes uniform in [0, 1), or on
    /// the sphere with uniform direction.
    /// </summary>
    public static void Fill(
        BackboneNetwork backbone, nn.Module addOnLayers, Parameter prototypes, LatentSpace space, DeterministicRandom random)
    {
        Fill(backbone, random);
        foreach (ConvolutionLayer convolution in addOnLayers.modules().OfType<ConvolutionLayer>())
            Fill(convolution, convolution.Weight.shape[0], random);
        Fill(prototypes, space == LatentSpace.Sphere ? random.Normal : random.NextDouble);
    }

    /// <summary>The same of a backbone alone.</summary>
    public static void Fill(BackboneNetwork backbone, DeterministicRandom random)
    {
        bool isDense = backbone.Graph.Name.StartsWith("densenet", StringComparison.Ordinal);
        foreach (ConvolutionLayer convolution in backbone.modules().OfType<ConvolutionLayer>())
            // torchvision scales DenseNets by fan-in, the others by fan-out.
            Fill(convolution, convolution.Weight.shape[isDense ? 1 : 0], random);
    }

    private static void Fill(ConvolutionLayer convolution, long channels, DeterministicRandom random)
    {
        double deviation = Math.Sqrt(2.0 / (channels * convolution.Rows.Kernel * convolution.Columns.Kernel));
        Fill(convolution.Weight, () => deviation * random.Normal());
    }

    private static void Fill(Parameter target, Func<double> next)
    {
        float[] values = new float[target.numel()];
        foreach (ref float value in values.AsSpan()) value = (float)next();
        using IDisposable noGrad = no_grad();
        using Tensor filled = tensor(values, target.shape);
        target.copy_(filled);
    }
}
