using ProtoPNet.MLNet.Network.Layers;

namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>
/// VGG (Simonyan and Zisserman, 2015): stages of 3×3 convolutions, each ending with a max-pool, even the last, as in the published implementation.
/// </summary>
internal static class Vgg
{
    public static BackboneGraph Graph(string name, int[] convolutions, bool batchNorm)
    {
        var graph = new GraphBuilder();
        string x = GraphBuilder.Images;
        int layer = 0, before = 3;
        foreach ((int stage, int count) in convolutions.Index())
        {
            // Doubled by each stage except the last.
            int channels = Math.Min(64 << stage, 512);
            for (int i = 0; i < count; i++, before = channels)
            {
                x = graph.Conv(Next(), x, before, channels, new(3, 1, 1), bias: true);
                if (batchNorm) x = graph.Norm(Next(), x, channels);
                x = graph.Relu(Next(), x);
            }
            x = graph.MaxPool(Next(), x, new(2, 2));
            graph.EndStage(x);
        }
        return graph.Graph(name);

        string Next() => $"features.{layer++}";
    }
}
