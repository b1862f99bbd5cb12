namespace ProtoPNet.MLNet.LastLayer;

/// <summary>Loops with independent iterations.</summary>
internal static class Work
{
    /// <summary>
    /// Runs <paramref name="body"/> for 0 to <paramref name="count"/> − 1: in parallel if that is worth it, otherwise sequentially.
    /// </summary>
    public static void For(int count, bool worthSharing, Action<int> body)
    {
        if (worthSharing)
        {
            Parallel.For(0, count, body);
            return;
        }
        for (int i = 0; i < count; i++) body(i);
    }
}
