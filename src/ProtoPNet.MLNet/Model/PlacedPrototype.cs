namespace ProtoPNet.MLNet.Model;

/// <summary>The place of a prototype.</summary>
/// <param name="Image">The index of the image.</param>
/// <param name="CellRow">The row in the feature map, 0-based.</param>
/// <param name="CellColumn">The column in the feature map, 0-based.</param>
/// <param name="Distance">Squared distance from the prototype before projection to the patch at its place.</param>
/// <param name="Similarities">The prototype's similarity map on that image (H' × W').</param>
internal sealed record PlacedPrototype(int Image, int CellRow, int CellColumn, double Distance, float[,] Similarities)
{
    /// <summary>The backbone's features of the patch (Chw); empty while they are not known.</summary>
    public ReadOnlyMemory<float> Features { get; init; }

    /// <summary>The excess of the squared distance over that to the nearest patch, which another prototype of the class had taken.</summary>
    public double Detour { get; init; }
}
