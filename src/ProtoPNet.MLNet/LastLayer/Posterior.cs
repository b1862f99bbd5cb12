namespace ProtoPNet.MLNet.LastLayer;

/// <summary>The class probabilities of all images (N × K) at given weights, with their mean cross entropy. Layout: tile, class, image.</summary>
internal sealed class Posterior(RowTiles tiles, int classes)
{
    /// <summary>The probabilities; rows beyond the last image are unused.</summary>
    public double[] Values { get; } = new double[(long)tiles.Tiles * classes * RowTiles.Height];

    /// <summary>The weighted mean cross entropy.</summary>
    public double CrossEntropy { get; set; }

    /// <summary>The share of images whose true class is the most probable, the first of them in a tie.</summary>
    public double Accuracy { get; set; }
}
