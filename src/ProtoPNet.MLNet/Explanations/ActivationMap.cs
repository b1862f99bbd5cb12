using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>A map over the cells of a photograph that shows where something is. Boxes are in the network's input, S × S pixels.</summary>
public abstract class ActivationMap
{
    private readonly Lazy<PixelBox> _box;

    private protected ActivationMap(float[,] cells, int imageSize)
    {
        (Cells, ImageSize) = (cells, imageSize);
        _box = new(() => SimilarityMap.HighActivationBox(cells, imageSize));
    }

    /// <summary>The value of each cell (H' × W').</summary>
    public float[,] Cells { get; }

    /// <summary>S, the side of the network's input in pixels.</summary>
    public int ImageSize { get; }

    /// <summary>
    /// The tightest box around the 5 % of the pixels with the highest values; the whole input if the values are the same <see cref="Everywhere"/>.
    /// </summary>
    public PixelBox Box => _box.Value;

    /// <summary>Whether all values are within 1 % of each other: the map points nowhere.</summary>
    public bool Everywhere => SimilarityMap.IsFlat(Cells);

    /// <summary>The map enlarged to the network's input, S × S (bicubic, as in the published implementation).</summary>
    public float[,] EnlargedMap() => SimilarityMap.Enlarge(Cells, ImageSize);
}
