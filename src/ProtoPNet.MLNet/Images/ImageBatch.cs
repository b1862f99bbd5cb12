namespace ProtoPNet.MLNet.Images;

/// <summary>One view to render: photograph number <paramref name="Image"/> of the store, seen as <paramref name="View"/>.</summary>
internal readonly record struct ViewRequest(int Image, View View);

/// <summary>
/// A batch ready for the network. It is borrowed: its arrays are reused once the next batch is requested.
/// </summary>
internal sealed class ImageBatch(int capacity, int size)
{
    /// <summary>The photograph numbers; the first <see cref="Count"/> are this batch's.</summary>
    public int[] Indices { get; } = new int[capacity];

    /// <summary>Views in this batch; the last one may be short.</summary>
    public int Count { get; internal set; }

    /// <summary>The index of the batch's first request.</summary>
    public int First { get; internal set; }

    /// <summary>Capacity × 3 × S × S normalised floats; the first <see cref="Count"/> × 3 × S × S are this batch's.</summary>
    public ArraySegment<float> Pixels { get; } = AlignedPixels.Allocate(capacity * 3 * size * size);

    /// <summary>Views not rendered yet.</summary>
    internal int Missing { get; set; }

    /// <summary>The first error, in request order.</summary>
    internal (int Request, Exception Error)? Failure { get; set; }
}
