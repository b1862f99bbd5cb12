using System.Text.RegularExpressions;

namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>Rejects invalid graphs.</summary>
internal static partial class GraphChecks
{
    /// <summary>Far above practical use; the limits prevent damaged files from exhausting memory.</summary>
    public const int MostNodes = 20_000;

    private const long MostElements = 1L << 31;

    /// <summary>Checks that names are unique, inputs are produced before they are read, and windows and tensors are plausible.</summary>
    /// <exception cref="BackboneGraphException">The graph is invalid; the message says why.</exception>
    public static void Check(string backbone, string input, IReadOnlyList<GraphNode> nodes)
    {
        if (nodes.Count is 0 or > MostNodes)
            throw new BackboneGraphException(backbone, $"it has {nodes.Count} nodes; 1 to {MostNodes} are possible.");
        HashSet<string> made = [input], names = [];
        foreach (GraphNode node in nodes)
        {
            if (node.Inputs.FirstOrDefault(i => !made.Contains(i)) is { } missing)
                throw Wrong(node, $"it reads '{missing}', which nothing before it makes");
            if (node.Inputs.Count < node.Operation.Arity.Least || node.Inputs.Count > node.Operation.Arity.Most)
                throw Wrong(node, $"it has {node.Inputs.Count} inputs");
            if (!made.Add(node.Output)) throw Wrong(node, $"'{node.Output}' is made twice");
            if (!names.Add(node.Name)) throw Wrong(node, "there are two nodes of that name");
            if (!IsSensible(node.Operation)) throw Wrong(node, "its settings make no sense");
        }
        HashSet<string> modules = [.. nodes.Where(n => n.Operation.Tensors.Count > 0).Select(n => n.Name)];
        foreach (GraphNode node in nodes.Where(n => modules.Contains(n.Name)))
        {
            if (node.Name.Length > 1000 || !ModulePath().IsMatch(node.Name))
                throw Wrong(node, "a node with tensors must be named like a module, as in layer1.0.conv1");
            for (int dot = node.Name.IndexOf('.'); dot >= 0; dot = node.Name.IndexOf('.', dot + 1))
                if (modules.Contains(node.Name[..dot])) throw Wrong(node, $"it is named as if it lay within '{node.Name[..dot]}'");
        }

        BackboneGraphException Wrong(GraphNode node, string reason) => new(backbone, node.Name, node.Operation.GetType().Name, reason);
    }

    private static bool IsSensible(Operation operation) => operation switch
    {
        Convolution c => c is { Inputs: > 0, Outputs: > 0, Groups: > 0 } && c.Inputs % c.Groups == 0 && c.Outputs % c.Groups == 0
            && IsSensible(c.Rows) && IsSensible(c.Columns) && AreSensible(c),
        BatchNorm b => b is { Channels: > 0, Epsilon: >= 0 },
        MaxPool p => IsSensible(p.Rows) && IsSensible(p.Columns),
        AveragePool p => IsSensible(p.Rows) && IsSensible(p.Columns) && p is { Rows.Dilation: 1, Columns.Dilation: 1 },
        Weight w => w.Size.All(d => d > 0) && AreSensible(w),
        Slice s => s.Step > 0,
        Pad p => new[] { p.Top, p.Bottom, p.Left, p.Right }.All(n => n is > -10_000 and < 10_000),
        _ => true,
    };

    private static bool IsSensible(Layers.Window w)
        => w is { Kernel: > 0 and < 10_000, Stride: > 0 and < 10_000, Dilation: > 0 and < 10_000 }
            && w is { Before: >= 0 and < 10_000, After: >= 0 and < 10_000 };

    private static bool AreSensible(Operation operation)
        => operation.Tensors.All(t => t.Shape.Aggregate((Int128)1, (n, d) => n > MostElements ? n : n * d) <= MostElements);

    [GeneratedRegex(@"^\w+(\.\w+)*$")]
    private static partial Regex ModulePath();
}
