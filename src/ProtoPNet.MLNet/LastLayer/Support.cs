namespace ProtoPNet.MLNet.LastLayer;

/// <summary>
/// A set of connections (class, prototype), ordered by class: the sparsity pattern of a K × P matrix whose values lie in a plain array.
/// </summary>
internal sealed class Support
{
    private const int LeastToShare = 1500;

    private Support(int[] starts, int[] columns) => (Starts, Columns) = (starts, columns);

    /// <summary>The start of each class's connections (K + 1).</summary>
    public int[] Starts { get; }

    /// <summary>The prototype of each connection.</summary>
    public int[] Columns { get; }

    public int Count => Columns.Length;

    public int Classes => Starts.Length - 1;

    /// <summary>Whether work on the connections is worth several threads.</summary>
    public bool IsWorthSharing => Count >= LeastToShare;

    /// <summary>The connections for which <paramref name="contains"/> (class, prototype) holds.</summary>
    public static Support Where(int classes, int prototypes, Func<int, int, bool> contains)
    {
        var starts = new int[classes + 1];
        var columns = new List<int>();
        for (int k = 0; k < classes; k++)
        {
            for (int j = 0; j < prototypes; j++)
                if (contains(k, j)) columns.Add(j);
            starts[k + 1] = columns.Count;
        }
        return new Support(starts, [.. columns]);
    }

    /// <summary>The connections whose flag is set.</summary>
    public Support Restrict(ReadOnlySpan<bool> keep)
    {
        var starts = new int[Starts.Length];
        var columns = new List<int>();
        for (int k = 0; k < Classes; k++)
        {
            for (int v = Starts[k]; v < Starts[k + 1]; v++)
                if (keep[v]) columns.Add(Columns[v]);
            starts[k + 1] = columns.Count;
        }
        return new Support(starts, [.. columns]);
    }
}
