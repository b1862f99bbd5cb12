namespace ProtoPNet.MLNet.Model;

/// <summary>Where a prototype lies.</summary>
/// <param name="Image">The index of the image.</param>
/// <param name="CellRow">Row of the feature map.</param>
/// <param name="CellColumn">Column of the feature map.</param>
/// <param name="Distance">Squared distance from the prototype, as it was before, to the patch there.</param>
/// <param name="Similarities">The prototype's similarity map on that image (H' × W').</param>
internal sealed record PlacedPrototype(int Image, int CellRow, int CellColumn, double Distance, float[,] Similarities)
{
    /// <summary>By how much the squared distance exceeds that to the nearest patch, which another prototype of the class had taken.</summary>
    public double Detour { get; init; }
}
