namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>Finds the bottlenecks of a graph: tensors that alone determine everything after them.</summary>
internal static class Articulation
{
    /// <summary>The names of those tensors, in order, including the last node's output.</summary>
    public static IReadOnlyList<string> Of(string input, IReadOnlyList<GraphNode> nodes)
    {
        // Weights are available everywhere and do not count.
        HashSet<string> weights = [.. nodes.Where(n => n.Inputs.Count == 0).Select(n => n.Output)];
        Dictionary<string, int> lastUse = [];
        foreach ((int i, GraphNode node) in nodes.Index())
            foreach (string read in node.Inputs) lastUse[read] = i;
        List<string> joints = [];
        HashSet<string> alive = [input];
        foreach ((int i, GraphNode node) in nodes.Index())
        {
            if (!weights.Contains(node.Output)) alive.Add(node.Output);
            foreach (string read in node.Inputs)
                if (lastUse[read] == i) alive.Remove(read);
            if (alive.Count == 1 && alive.Contains(node.Output)) joints.Add(node.Output);
        }
        return joints;
    }
}
