using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Network.Layers;

namespace ProtoPNet.MLNet.Network;

/// <summary>How the cells of a map lie over the pixels along one axis.</summary>
/// <param name="Cells">Cells in the map.</param>
/// <param name="Jump">Pixels from one cell's centre to the next.</param>
/// <param name="Size">Pixels that one cell can see, those beyond the image included.</param>
/// <param name="Start">Centre of the first cell, in pixels from the image's edge.</param>
internal readonly record struct ReceptiveAxis(int Cells, int Jump, int Size, double Start)
{
    /// <summary>The same after one more layer.</summary>
    public ReceptiveAxis After(Window window) => new(
        (Cells - window.Kernel + 2 * window.Padding) / window.Stride + 1,
        Jump * window.Stride,
        Size + (window.Kernel - 1) * Jump,
        Start + ((window.Kernel - 1) / 2.0 - window.Padding) * Jump);

    /// <summary>The pixels that a cell sees, those inside the image alone; the end exclusive.</summary>
    public (int From, int To) Range(int cell, int pixels)
    {
        double centre = Start + cell * Jump;
        return (Math.Max((int)(centre - Size / 2.0), 0), Math.Min((int)(centre + Size / 2.0), pixels));
    }
}

/// <summary>What the cells of the prototype layer's map can see of an image of <paramref name="ImageSize"/> pixels a side.</summary>
internal sealed record ReceptiveField(int ImageSize, ReceptiveAxis Rows, ReceptiveAxis Columns)
{
    /// <summary>Follows the windows from the image to the prototype layer.</summary>
    public static ReceptiveField Of(NetworkArchitecture architecture)
    {
        BackbonePlan plan = BackbonePlans.Of(architecture.Backbone);
        ReceptiveAxis map = new(architecture.ImageSize, 1, 1, 0.5);
        foreach (Window window in plan.Windows(plan.CheckStages(architecture.Stages))) map = map.After(window);
        return new(architecture.ImageSize, map.After(new(architecture.PrototypeHeight)), map.After(new(architecture.PrototypeWidth)));
    }

    /// <summary>Whether every cell sees the whole image, so that a box around a cell's field says nothing.</summary>
    public bool IsWholeImage => Box(0, 0) == Box(Rows.Cells - 1, Columns.Cells - 1) && Box(0, 0) == new PixelBox(0, ImageSize, 0, ImageSize);

    /// <summary>All pixels that a cell can see.</summary>
    public PixelBox Box(int row, int column)
    {
        (int top, int bottom) = Rows.Range(row, ImageSize);
        (int left, int right) = Columns.Range(column, ImageSize);
        return new(top, bottom, left, right);
    }
}
