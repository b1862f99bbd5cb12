using System.Text.Json.Serialization;

namespace ProtoPNet.MLNet.Network.Layers;

/// <summary>The window that a convolution or pooling layer slides along one axis of its input.</summary>
/// <param name="Kernel">The number of cells read.</param>
/// <param name="Stride">The step between positions, in cells.</param>
/// <param name="Before">The padding before the first cell.</param>
/// <param name="After">The padding after the last cell.</param>
/// <param name="Dilation">The step between the cells read.</param>
[method: JsonConstructor]
internal readonly record struct Window(int Kernel, int Stride, int Before, int After, int Dilation)
{
    public Window(int kernel, int stride = 1, int padding = 0) : this(kernel, stride, padding, padding, 1) { }

    /// <summary>The number of cells from its first to its last, inclusive.</summary>
    [JsonIgnore]
    public int Extent => (Kernel - 1) * Dilation + 1;

    /// <summary>The number of positions on an axis with the given number of cells; less than 1 if it does not fit.</summary>
    public long Places(long cells, bool ceiling = false)
    {
        long room = cells + Before + After - Extent;
        if (room < 0) return 0;
        // A partial last window must start on the axis or in the padding before it.
        return ceiling && room % Stride != 0 && (room / Stride + 1) * Stride < cells + Before ? room / Stride + 2 : room / Stride + 1;
    }

    public override string ToString()
        => $"{Kernel}{(Stride != 1 ? $"/{Stride}" : "")}{(Before + After > 0 ? $"+{Before},{After}" : "")}{(Dilation != 1 ? $"·{Dilation}" : "")}";
}
