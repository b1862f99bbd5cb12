using ProtoPNet.MLNet.Network.Layers;

namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>The receptive fields of the cells of a graph's tensors, along the longest path if there are several.</summary>
/// <remarks>
/// Global means, which some networks use to weight channels, carry no location and are ignored: strictly, every cell sees the
/// whole image through them.
/// </remarks>
internal static class GraphField
{
    /// <summary>The rows and columns of the output for images of the given size.</summary>
    /// <exception cref="BackboneGraphException">The shapes do not fit at that size.</exception>
    public static (ReceptiveAxis Rows, ReceptiveAxis Columns) Of(BackboneGraph graph, int imageSize)
    {
        long[] map = graph.Shapes(imageSize)[graph.Output];
        (ReceptiveAxis rows, ReceptiveAxis columns) = All(graph.Input, graph.Nodes)[graph.Output]
            ?? throw new BackboneGraphException(graph.Name, "its output has no places, but a single vector for the whole image.");
        return (rows with { Cells = (int)map[2] }, columns with { Cells = (int)map[3] });
    }

    /// <summary>Both axes of all tensors, without cell counts; null for tensors without location.</summary>
    public static IReadOnlyDictionary<string, (ReceptiveAxis Rows, ReceptiveAxis Columns)?> All(string input, IEnumerable<GraphNode> nodes)
    {
        ReceptiveAxis pixel = new(int.MaxValue / 2, 1, 1, 0.5);
        Dictionary<string, (ReceptiveAxis Rows, ReceptiveAxis Columns)?> fields = new() { [input] = (pixel, pixel) };
        foreach (GraphNode node in nodes)
        {
            (ReceptiveAxis Rows, ReceptiveAxis Columns)? widest = null;
            foreach (string read in node.Inputs)
                if (fields[read] is { } field && (widest is null || field.Rows.Size > widest.Value.Rows.Size)) widest = field;
            fields[node.Output] = widest is { } before ? After(node.Operation, before) : null;
        }
        return fields;
    }

    private static (ReceptiveAxis Rows, ReceptiveAxis Columns)? After(Operation operation, (ReceptiveAxis Rows, ReceptiveAxis Columns) before)
        => operation switch
        {
            Convolution c => (before.Rows.After(c.Rows), before.Columns.After(c.Columns)),
            MaxPool p => (before.Rows.After(p.Rows), before.Columns.After(p.Columns)),
            AveragePool p => (before.Rows.After(p.Rows), before.Columns.After(p.Columns)),
            Pad p => (before.Rows with { Start = before.Rows.Start - p.Top * before.Rows.Jump },
                before.Columns with { Start = before.Columns.Start - p.Left * before.Columns.Jump }),
            Mean { Axes.Length: > 1 } => null,
            _ => before,
        };
}
