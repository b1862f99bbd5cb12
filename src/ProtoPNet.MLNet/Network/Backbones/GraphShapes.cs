namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>The shapes of a graph's tensors.</summary>
internal static class GraphShapes
{
    private const long MostElements = 1L << 33;

    /// <summary>All shapes by name, for the given input shape.</summary>
    /// <exception cref="BackboneGraphException">Shapes do not fit; the message names the node.</exception>
    public static IReadOnlyDictionary<string, long[]> Of(string backbone, string input, IEnumerable<GraphNode> nodes, long[] inputShape)
    {
        Dictionary<string, long[]> shapes = new() { [input] = inputShape };
        foreach (GraphNode node in nodes)
        {
            try
            {
                long[] shape = node.Operation.Shape([.. node.Inputs.Select(i => shapes[i])]);
                if (shape.Aggregate((Int128)1, (n, d) => n > MostElements ? n : n * d) > MostElements)
                    throw new ShapeException("its result would be too large");
                shapes[node.Output] = shape;
            }
            catch (Exception e) when (e is ShapeException or OverflowException)
            {
                throw new BackboneGraphException(
                    backbone, node.Name, node.Operation.GetType().Name, $"{e.Message} (images of {inputShape[^1]} px)", e);
            }
        }
        return shapes;
    }
}
