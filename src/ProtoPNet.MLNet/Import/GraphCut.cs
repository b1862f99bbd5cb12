using System.Text.RegularExpressions;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Network.Layers;

namespace ProtoPNet.MLNet.Import;

/// <summary>Finds where a classifier's backbone ends, and its stages.</summary>
internal sealed partial class GraphCut(GraphReading graph, string path, string input)
{
    private const string WhatMapsAre = "(N × channels × rows × columns, with rows and columns that follow the image's size)";

    /// <summary>The last map before global pooling or flattening.</summary>
    public string Find(string output)
    {
        IReadOnlyList<GraphNode> nodes = LeadingTo(output);
        HashSet<string> maps = [.. Maps(nodes)];
        string[] joints = [.. Articulation.Of(input, nodes).Where(maps.Contains)];
        if (joints.Length == 0)
            throw graph.CauseOf(output) is { } first ? NotRead(first, null)
                : new BackboneGraphException(path, $"no tensor in it is a map that carries everything {WhatMapsAre}.");
        string cut = joints[^1];
        // What follows may be pooling, a classifier or anything else, but a network must not be cut short because a node is not understood.
        if (nodes.FirstOrDefault(n => n.Inputs.Contains(cut) && n.Operation is Unsupported u && !Ending().IsMatch(u.Operator)) is { } wall)
            throw NotRead(wall, cut);
        return IsClassMap(nodes, cut, output) && BeforeLastConvolution(nodes, joints) is { } before ? before : cut;
    }

    /// <summary>The nodes that a tensor depends on, in order.</summary>
    /// <exception cref="BackboneGraphException">One of them is not understood.</exception>
    public IReadOnlyList<GraphNode> Backbone(string output)
    {
        if (graph.CauseOf(output) is { } cause) throw NotRead(cause, null);
        return LeadingTo(output);
    }

    /// <summary>The last bottleneck map of each stride; maps finer than stride 4 belong to the first stage.</summary>
    public IReadOnlyList<string> Stages(IReadOnlyList<GraphNode> nodes, string output)
    {
        HashSet<string> maps = [.. Maps(nodes)];
        if (!maps.Contains(output))
        {
            IEnumerable<string> some = Articulation.Of(input, nodes).Where(maps.Contains).TakeLast(6).Select(m => $"'{m}'");
            throw new BackboneGraphException(path, $"'{output}' is no map {WhatMapsAre}. Maps are, for instance, {string.Join(", ", some)}.");
        }
        IReadOnlyDictionary<string, (ReceptiveAxis Rows, ReceptiveAxis Columns)?> fields = GraphField.All(input, nodes);
        SortedDictionary<int, string> last = [];
        foreach (string joint in Articulation.Of(input, nodes))
            if (maps.Contains(joint) && fields[joint] is { } field) last[Math.Max(field.Rows.Jump, 1)] = joint;
        Dictionary<string, int> places = nodes.Index().ToDictionary(n => n.Item.Output, n => n.Index);
        string[] ends = [.. last.Where(l => l.Key >= 4).Select(l => l.Value).Where(e => places[e] < places[output]).OrderBy(e => places[e])];
        return [.. ends, output];
    }

    private IReadOnlyList<GraphNode> LeadingTo(string output)
    {
        HashSet<string> needed = [output];
        Stack<GraphNode> found = [];
        foreach (GraphNode node in graph.Nodes.Reverse())
            if (needed.Contains(node.Output))
            {
                found.Push(node);
                needed.UnionWith(node.Inputs);
            }
        return [.. found];
    }

    /// <summary>N × C × H × W tensors whose N, H and W follow the images while C is fixed.</summary>
    private IEnumerable<string> Maps(IReadOnlyList<GraphNode> nodes)
    {
        IReadOnlyDictionary<string, (ReceptiveAxis Rows, ReceptiveAxis Columns)?> fields = GraphField.All(input, nodes);
        foreach (GraphNode node in nodes)
            if (graph.ShapesOf(node.Output) is { } shapes && fields[node.Output] is not null
                && shapes.Index().All(s => s.Item is [_, _, > 1, > 1] map && map[0] == graph.Probes[s.Index][0] && map[1] == shapes[0][1])
                && (shapes.Count == 1 || (shapes[0][2] != shapes[1][2] && shapes[0][3] != shapes[1][3]))) yield return node.Output;
    }

    /// <summary>Whether a map is already a class map: nothing after it has weights, and names suggest a classifier.</summary>
    private static bool IsClassMap(IReadOnlyList<GraphNode> nodes, string cut, string output)
    {
        int place = nodes.Index().First(n => n.Item.Output == cut).Index;
        return nodes.Skip(place + 1).All(n => n.Operation.Tensors.Count == 0)
            && nodes.Take(place + 1).LastOrDefault(n => n.Operation.Tensors.Count > 0)
                is { Operation: Convolution { Rows.Kernel: 1, Columns.Kernel: 1 }, Name: var last }
            && (Classifier().IsMatch(output) || Classifier().IsMatch(last));
    }

    private static string? BeforeLastConvolution(IReadOnlyList<GraphNode> nodes, string[] joints)
        => nodes.Last(n => n.Operation is Convolution).Inputs[0] is { } before && joints.Contains(before) ? before : null;

    private BackboneGraphException NotRead(GraphNode node, string? last)
    {
        var unsupported = (Unsupported)node.Operation;
        return new(path, node.Output, unsupported.Operator, unsupported.Reason
            + (last is null ? "" : $". Cut the network before it, for instance at '{last}', or export it without this operator"));
    }

    [GeneratedRegex("^(Global\\w*Pool|\\w*Pool|Reduce\\w+|Flatten|Reshape|Squeeze|Softmax|LogSoftmax|ArgMax|Gemm|MatMul|TopK)$")]
    private static partial Regex Ending();

    [GeneratedRegex("classif|logit|softmax|prob|score|\\bfc\\b", RegexOptions.IgnoreCase)]
    private static partial Regex Classifier();
}
