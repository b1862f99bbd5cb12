namespace ProtoPNet.MLNet.Tests.Guards;

/// <summary>Circles in a graph of uses: its strongly connected components of more than one node.</summary>
internal static class Circles
{
    /// <summary>The nodes of each circle; a node that uses only itself is none.</summary>
    /// <param name="uses">For each node the nodes that it uses, all of them keys.</param>
    public static IEnumerable<IReadOnlyList<T>> Of<T>(IReadOnlyDictionary<T, HashSet<T>> uses) where T : notnull
    {
        Dictionary<T, HashSet<T>> reached = uses.Keys.ToDictionary(node => node, node => Reach(node, uses));
        HashSet<T> done = [];
        foreach (T node in uses.Keys)
        {
            if (done.Contains(node)) continue;
            T[] circle = [node, .. reached[node].Where(other => !other.Equals(node) && reached[other].Contains(node))];
            done.UnionWith(circle);
            if (circle.Length > 1) yield return circle;
        }
    }

    private static HashSet<T> Reach<T>(T start, IReadOnlyDictionary<T, HashSet<T>> uses) where T : notnull
    {
        HashSet<T> reached = [];
        Stack<T> open = new([start]);
        while (open.TryPop(out T? node))
            foreach (T next in uses[node])
                if (reached.Add(next)) open.Push(next);
        return reached;
    }
}
