namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>
/// DenseNet (Huang et al., 2017): four dense blocks, with transitions that halve channels and resolution. Without classifier: the last block is
/// followed by its batch norm and a ReLU, a cut block by its transition.
/// </summary>
internal static class DenseNet
{
    public static BackboneGraph Graph(string name, int stem, int growth, int[] blocks)
    {
        var graph = new GraphBuilder();
        string x = Features(graph, "norm0", "relu0", graph.Conv("features.conv0", GraphBuilder.Images, 3, stem, new(7, 2, 3)), stem);
        x = graph.MaxPool("features.pool0", x, new(3, 2, 1));
        int channels = stem;
        foreach ((int stage, int count) in blocks.Index())
        {
            for (int layer = 1; layer <= count; layer++, channels += growth)
                x = Layer(graph, $"features.denseblock{stage + 1}.denselayer{layer}", x, channels, growth);
            if (stage + 1 < blocks.Length)
            {
                string transition = $"transition{stage + 1}";
                x = Features(graph, $"{transition}.norm", $"{transition}.relu", x, channels);
                x = graph.Conv($"features.{transition}.conv", x, channels, channels /= 2, new(1));
                x = graph.AveragePool($"features.{transition}.pool", x, new(2, 2));
            }
            else x = Features(graph, "norm5", "relu5", x, channels);
            graph.EndStage(x);
        }
        return graph.Graph(name);
    }

    private static string Features(GraphBuilder graph, string norm, string relu, string x, int channels)
        => graph.Relu($"features.{relu}", graph.Norm($"features.{norm}", x, channels));

    /// <summary>Appends to its input the channels computed by two convolutions, each after batch norm and ReLU.</summary>
    private static string Layer(GraphBuilder graph, string name, string x, int inputs, int growth)
    {
        int narrow = 4 * growth;
        string y = graph.Relu($"{name}.relu1", graph.Norm($"{name}.norm1", x, inputs));
        y = graph.Conv($"{name}.conv1", y, inputs, narrow, new(1));
        y = graph.Relu($"{name}.relu2", graph.Norm($"{name}.norm2", y, narrow));
        return graph.Append($"{name}.concat", x, graph.Conv($"{name}.conv2", y, narrow, growth, new(3, 1, 1)));
    }
}
