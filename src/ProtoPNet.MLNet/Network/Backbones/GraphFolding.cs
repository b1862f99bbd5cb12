using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>
/// A graph rewritten for inference: a batch norm that is the only reader of a convolution is folded into it. The convolution keeps its
/// weights, scaled, and takes over the norm's output.
/// </summary>
internal sealed class GraphFolding
{
    private readonly List<(GraphNode Convolution, GraphNode Norm)> _folds = [];

    public GraphFolding(BackboneGraph graph)
    {
        ILookup<string, GraphNode> readers = graph.Nodes.SelectMany(n => n.Inputs.Select(i => (Input: i, Node: n)))
            .ToLookup(r => r.Input, r => r.Node);
        List<GraphNode> nodes = [];
        HashSet<GraphNode> gone = [];
        foreach (GraphNode node in graph.Nodes)
        {
            if (gone.Contains(node)) continue;
            GraphNode kept = node;
            if (node.Operation is Convolution convolution && !graph.Stages.Contains(node.Output)
                && readers[node.Output].ToArray() is [{ Operation: BatchNorm } norm])
            {
                _folds.Add((node, norm));
                gone.Add(norm);
                kept = node with { Operation = convolution with { Bias = true }, Output = norm.Output };
            }
            nodes.Add(kept);
        }
        Graph = new(graph.Name, graph.Input, nodes, graph.Stages, graph.Normalisation, graph.ImageSize);
    }

    /// <summary>The folded graph.</summary>
    public BackboneGraph Graph { get; }

    /// <summary>The weights of the folded graph, computed from those of the original: w·s and b·s + t for a norm's scale s and shift t.</summary>
    public Dictionary<string, Tensor> Fold(IReadOnlyDictionary<string, Tensor> weights)
    {
        using IDisposable noGrad = no_grad();
        Dictionary<string, Tensor> folded = new(weights);
        foreach ((GraphNode convolution, GraphNode norm) in _folds)
        {
            (Tensor scale, Tensor shift) = ScaleAndShift(norm, weights);
            folded[$"{convolution.Name}.weight"] = weights[$"{convolution.Name}.weight"] * scale.view(-1, 1, 1, 1);
            Tensor? bias = weights.GetValueOrDefault($"{convolution.Name}.bias");
            folded[$"{convolution.Name}.bias"] = bias is null ? shift : (bias * scale).Plus(shift);
            foreach (OwnedTensor tensor in norm.Operation.Tensors) folded.Remove($"{norm.Name}.{tensor.Name}");
        }
        return folded;
    }

    /// <summary>The scale and shift of each channel by a batch norm in evaluation mode.</summary>
    public static (Tensor Scale, Tensor Shift) ScaleAndShift(GraphNode norm, IReadOnlyDictionary<string, Tensor> weights)
    {
        Tensor scale = weights[$"{norm.Name}.weight"] / weights[$"{norm.Name}.running_var"].Plus(((BatchNorm)norm.Operation).Epsilon).sqrt();
        return (scale, weights[$"{norm.Name}.bias"] - weights[$"{norm.Name}.running_mean"] * scale);
    }
}
