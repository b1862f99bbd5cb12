namespace ProtoPNet.MLNet.Network.Layers;

/// <summary>The geometry of a map's cells over the pixels along one axis.</summary>
/// <param name="Cells">The number of cells.</param>
/// <param name="Jump">The distance between cell centres in pixels.</param>
/// <param name="Size">The receptive field of a cell in pixels, including those beyond the image.</param>
/// <param name="Start">The centre of the first cell, in pixels from the image's edge.</param>
internal readonly record struct ReceptiveAxis(int Cells, int Jump, int Size, double Start)
{
    /// <summary>The geometry after another layer.</summary>
    public ReceptiveAxis After(Window window) => new(
        (int)window.Places(Cells),
        Jump * window.Stride,
        Size + (window.Extent - 1) * Jump,
        Start + ((window.Extent - 1) / 2.0 - window.Before) * Jump);

    /// <summary>The pixels inside the image that a cell sees; the end is exclusive.</summary>
    public (int From, int To) Range(int cell, int pixels)
    {
        double centre = Start + cell * Jump;
        return (Math.Max((int)(centre - Size / 2.0), 0), Math.Min((int)(centre + Size / 2.0), pixels));
    }
}
