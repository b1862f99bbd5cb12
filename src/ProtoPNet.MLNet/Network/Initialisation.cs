using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Network.Layers;
using ProtoPNet.MLNet.Randomness;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network;

/// <summary>The weights that a network starts from; those of the last layer it has from its construction.</summary>
internal static class Initialisation
{
    /// <summary>
    /// Convolutions from the normal distribution of He and others (2015) as torchvision draws them, their biases 0; prototypes uniform in [0, 1), on
    /// the sphere of any direction.
    /// </summary>
    public static void Fill(
        BackboneNetwork backbone, nn.Module addOnLayers, Parameter prototypes, LatentSpace space, DeterministicRandom random)
    {
        bool isDense = backbone.Graph.Name.StartsWith("densenet", StringComparison.Ordinal);
        foreach (ConvolutionLayer convolution in backbone.modules().OfType<ConvolutionLayer>())
            // torchvision scales DenseNets by what comes in, the others by what goes out.
            Fill(convolution, convolution.Weight.shape[isDense ? 1 : 0], random);
        foreach (ConvolutionLayer convolution in addOnLayers.modules().OfType<ConvolutionLayer>())
            Fill(convolution, convolution.Weight.shape[0], random);
        Fill(prototypes, space == LatentSpace.Sphere ? random.Normal : random.NextDouble);
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
