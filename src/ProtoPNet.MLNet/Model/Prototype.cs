using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Model;

/// <summary>A prototype of a trained model: which patch of which training image it is, and what it counts for.</summary>
public sealed record Prototype
{
    /// <summary>Position among all prototypes, 0-based; the slot of the <c>Similarities</c> column.</summary>
    public required int Index { get; init; }

    /// <summary>Its class, 0-based; the slot of the <c>Score</c> column.</summary>
    public required int ClassIndex { get; init; }

    /// <summary>The name of its class.</summary>
    public required string ClassName { get; init; }

    /// <summary>Its number within its class, from 1.</summary>
    public required int NumberInClass { get; init; }

    /// <summary>Where it was found; null in a model that was imported without its training images.</summary>
    public PrototypeSource? Source { get; init; }

    /// <summary>The name of its slot, such as <c>Cardinal #3</c>.</summary>
    public string Name => $"{ClassName} #{NumberInClass}";
}

/// <summary>The training image and place whose latent patch a prototype is. Boxes are in the network's input, S × S pixels.</summary>
public sealed record PrototypeSource
{
    /// <summary>Row of the training data, 0-based.</summary>
    public required long Row { get; init; }

    /// <summary>The image's id: its path where one is known, otherwise <c>row N</c>.</summary>
    public required string ImageId { get; init; }

    /// <summary>Row of the feature map, 0-based.</summary>
    public required int CellRow { get; init; }

    /// <summary>Column of the feature map, 0-based.</summary>
    public required int CellColumn { get; init; }

    /// <summary>Tightest box around the most similar 5 % of the enlarged similarity map: where the prototype fires.</summary>
    public required PixelBox Box { get; init; }

    /// <summary>All that the cell can see.</summary>
    public required PixelBox ReceptiveField { get; init; }

    /// <summary>PNG of the part inside <see cref="Box"/>, at the photograph's own detail; empty where an imported file held none.</summary>
    public required ReadOnlyMemory<byte> Picture { get; init; }

    /// <summary>JPEG of the whole photograph, small, for context; empty where the file held none.</summary>
    public required ReadOnlyMemory<byte> Thumbnail { get; init; }

    /// <summary>Whether a network of this field has such a place: a cell of its map, boxes that lie within its image and are not empty.</summary>
    internal static bool Fits(ReceptiveField field, long row, int cellRow, int cellColumn, PixelBox box, PixelBox receptiveField)
    {
        return row >= 0 && cellRow >= 0 && cellRow < field.Rows.Cells && cellColumn >= 0 && cellColumn < field.Columns.Cells
            && IsPart(box) && IsPart(receptiveField);

        bool IsPart(PixelBox part) => part.Top >= 0 && part.Top < part.Bottom && part.Bottom <= field.ImageSize
            && part.Left >= 0 && part.Left < part.Right && part.Right <= field.ImageSize;
    }
}
