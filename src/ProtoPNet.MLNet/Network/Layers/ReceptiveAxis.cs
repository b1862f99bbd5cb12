namespace ProtoPNet.MLNet.Network.Layers;

/// <summary>How the cells of a map lie over the pixels along one axis.</summary>
/// <param name="Cells">Cells in the map.</param>
/// <param name="Jump">Pixels from one cell's centre to the next.</param>
/// <param name="Size">Pixels that one cell can see, those beyond the image included.</param>
/// <param name="Start">Centre of the first cell, in pixels from the image's edge.</param>
internal readonly record struct ReceptiveAxis(int Cells, int Jump, int Size, double Start)
{
    /// <summary>The same after one more layer.</summary>
    public ReceptiveAxis After(Window window) => new(
        (int)window.Places(Cells),
        Jump * window.Stride,
        Size + (window.Extent - 1) * Jump,
        Start + ((window.Extent - 1) / 2.0 - window.Before) * Jump);

    /// <summary>The pixels that a cell sees, those inside the image alone; the end exclusive.</summary>
    public (int From, int To) Range(int cell, int pixels)
    {
        double centre = Start + cell * Jump;
        return (Math.Max((int)(centre - Size / 2.0), 0), Math.Min((int)(centre + Size / 2.0), pixels));
    }
}
