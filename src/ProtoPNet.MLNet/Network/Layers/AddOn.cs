using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Layers;

/// <summary>The 1×1 convolutions between backbone and prototypes; the final activation keeps latent patches in their space.</summary>
internal static class AddOn
{
    /// <summary>Builds the layers, with all weights zero.</summary>
    public static nn.Module<Tensor, Tensor> Build(AddOnLayers kind, int inputs, int depth, LatentSpace space)
    {
        List<nn.Module<Tensor, Tensor>> layers = [];
        foreach ((int from, int to) in Widths(kind, inputs, depth))
        {
            layers.AddRange([new ConvolutionLayer(from, to, new(1), bias: true), nn.ReLU(inplace: true)]);
            layers.AddRange([new ConvolutionLayer(to, to, new(1), bias: true), nn.ReLU(inplace: true)]);
        }
        layers[^1] = space == LatentSpace.Sphere ? new UnitLengthLayer() : nn.Sigmoid();
        return nn.Sequential(layers.Select((layer, i) => ($"{i}", layer)));
    }

    /// <summary>The channels before and after each pair of convolutions.</summary>
    private static IEnumerable<(int From, int To)> Widths(AddOnLayers kind, int inputs, int depth)
    {
        if (kind == AddOnLayers.Regular) return [(inputs, depth)];
        List<(int, int)> pairs = [];
        int width = inputs;
        do
        {
            pairs.Add((width, Math.Max(depth, width / 2)));
            width /= 2;
        }
        while (width > depth);
        return pairs;
    }
}
