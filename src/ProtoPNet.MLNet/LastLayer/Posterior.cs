namespace ProtoPNet.MLNet.LastLayer;

/// <summary>The class probabilities of all images (N × K) at some weights, with their mean cross entropy. Tile by tile: tile, class, image.</summary>
internal sealed class Posterior(RowTiles tiles, int classes)
{
    /// <summary>Probabilities; rows of images beyond the last are of no meaning.</summary>
    public double[] Values { get; } = new double[(long)tiles.Tiles * classes * RowTiles.Height];

    /// <summary>The weighted mean cross entropy.</summary>
    public double CrossEntropy { get; set; }

    /// <summary>Share of the images whose own class is the likeliest.</summary>
    public double Accuracy { get; set; }
}
