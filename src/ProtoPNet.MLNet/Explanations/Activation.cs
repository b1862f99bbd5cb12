using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>How similar a photograph is to a prototype, and where: the prototype fires in the <see cref="ActivationMap.Box"/>.</summary>
public sealed class Activation : ActivationMap
{
    internal Activation(Prototype prototype, float[,] similarities, (int Row, int Column) cell, ReceptiveField field)
        : base(similarities, field.ImageSize)
    {
        (Prototype, CellRow, CellColumn) = (prototype, cell.Row, cell.Column);
        ReceptiveField = field.Box(cell.Row, cell.Column);
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
    public float[,] Similarities => Cells;

    /// <summary>The receptive field of the most similar patch; for most backbones nearly the whole photograph.</summary>
    public PixelBox ReceptiveField { get; }
}
