using System.Text.Json.Serialization;

namespace ProtoPNet.MLNet.Network.Layers;

/// <summary>The window that a convolution or pooling layer slides along one axis of its input.</summary>
/// <param name="Kernel">Cells that it reads.</param>
/// <param name="Stride">Cells from one of its places to the next.</param>
/// <param name="Before">Cells of padding before the first.</param>
/// <param name="After">Cells of padding after the last.</param>
/// <param name="Dilation">Cells from one that it reads to the next.</param>
[method: JsonConstructor]
internal readonly record struct Window(int Kernel, int Stride, int Before, int After, int Dilation)
{
    public Window(int kernel, int stride = 1, int padding = 0) : this(kernel, stride, padding, padding, 1) { }

    /// <summary>The cells between its ends, both included.</summary>
    [JsonIgnore]
    public int Extent => (Kernel - 1) * Dilation + 1;

    /// <summary>How many places there are for it on an axis of so many cells; less than 1 where there is none.</summary>
    public long Places(long cells, bool ceiling = false)
    {
        long room = cells + Before + After - Extent;
        if (room < 0) return 0;
        // A last window that is not full must still begin on the axis or its padding before, not behind it.
        return ceiling && room % Stride != 0 && (room / Stride + 1) * Stride < cells + Before ? room / Stride + 2 : room / Stride + 1;
    }

    public override string ToString()
        => $"{Kernel}{(Stride != 1 ? $"/{Stride}" : "")}{(Before + After > 0 ? $"+{Before},{After}" : "")}{(Dilation != 1 ? $"·{Dilation}" : "")}";
}
