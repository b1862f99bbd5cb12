using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>How similar a photograph is to a prototype, and where. Boxes are in the network's input, S × S pixels.</summary>
public sealed class Activation
{
    private readonly Lazy<PixelBox> _box;
    private readonly int _imageSize;

    internal Activation(Prototype prototype, float[,] similarities, (int Row, int Column) cell, ReceptiveField field)
    {
        (Prototype, Similarities, CellRow, CellColumn) = (prototype, similarities, cell.Row, cell.Column);
        ReceptiveField = field.Box(cell.Row, cell.Column);
        _imageSize = field.ImageSize;
        _box = new(() => SimilarityMap.HighActivationBox(similarities, _imageSize));
    }

    /// <summary>The prototype.</summary>
    public Prototype Prototype { get; }

    /// <summary>The similarity of the most similar patch, which enters the logits.</summary>
    public float Similarity => Similarities[CellRow, CellColumn];

    /// <summary>The most similar patch's row in the feature map, 0-based.</summary>
    public int CellRow { get; }

    /// <summary>The most similar patch's column in the feature map, 0-based.</summary>
    public int CellColumn { get; }

    /// <summary>The similarity of each patch (H' × W').</summary>
    public float[,] Similarities { get; }

    /// <summary>
    /// Where the prototype fires: the tightest box around the 5 % of the pixels with the highest similarity; the whole input if it fires
    /// <see cref="Everywhere"/>.
    /// </summary>
    public PixelBox Box => _box.Value;

    /// <summary>Whether all similarities are within 1 % of each other: the photograph looks like the prototype everywhere, or nowhere.</summary>
    public bool Everywhere => SimilarityMap.IsFlat(Similarities);

    /// <summary>The receptive field of the most similar patch; for most backbones nearly the whole photograph.</summary>
    public PixelBox ReceptiveField { get; }

    /// <summary>The similarities enlarged to the network's input, S × S (bicubic, as in the published implementation).</summary>
    public float[,] EnlargedMap() => SimilarityMap.Enlarge(Similarities, _imageSize);
}
