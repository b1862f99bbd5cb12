using ProtoPNet.MLNet.Network.Layers;

namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>
/// ResNet (He et al., 2016): four stages of residual blocks, without pooling and classifier; bottlenecks stride in their 3×3 convolution.
/// </summary>
internal static class ResNet
{
    public static BackboneGraph Graph(string name, int[] blocks, bool bottleneck)
    {
        var graph = new GraphBuilder();
        string x = graph.Conv("conv1", GraphBuilder.Images, 3, 64, new(7, 2, 3));
        x = graph.MaxPool("maxpool", graph.Relu("relu", graph.Norm("bn1", x, 64)), new(3, 2, 1));
        int channels = 64;
        foreach ((int stage, int count) in blocks.Index())
        {
            int width = 64 << stage;
            for (int block = 0; block < count; block++)
            {
                // The first block of each stage but the first halves the resolution.
                int stride = stage > 0 && block == 0 ? 2 : 1;
                (int, Window)[] layers = bottleneck
                    ? [(width, new(1)), (width, new(3, stride, 1)), (4 * width, new(1))]
                    : [(width, new(3, stride, 1)), (width, new(3, 1, 1))];
                x = Block(graph, $"layer{stage + 1}.{block}", x, channels, layers, stride);
                channels = layers[^1].Item1;
            }
            graph.EndStage(x);
        }
        return graph.Graph(name);
    }

    /// <summary>relu(convolutions(x) + x), the shortcut projected where shapes differ.</summary>
    private static string Block(GraphBuilder graph, string name, string x, int inputs, (int Channels, Window Window)[] layers, int stride)
    {
        string y = x;
        int before = inputs;
        foreach ((int i, (int channels, Window window)) in layers.Index())
        {
            y = graph.Norm($"{name}.bn{i + 1}", graph.Conv($"{name}.conv{i + 1}", y, before, channels, window), channels);
            if (i + 1 < layers.Length) y = graph.Relu($"{name}.relu{i + 1}", y);
            before = channels;
        }
        if (inputs != before || stride != 1)
            x = graph.Norm($"{name}.downsample.1", graph.Conv($"{name}.downsample.0", x, inputs, before, new(1, stride)), before);
        return graph.Relu($"{name}.relu", graph.Sum($"{name}.sum", y, x));
    }
}
