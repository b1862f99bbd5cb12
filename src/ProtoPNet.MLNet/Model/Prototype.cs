using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Model;

/// <summary>A prototype of a trained model: its class, and the patch of a training image that it is.</summary>
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

    /// <summary>Its source; null in a model imported without its training images.</summary>
    public PrototypeSource? Source { get; init; }

    /// <summary>What was measured of it; null if nothing was.</summary>
    public PrototypeTrust? Trust { get; init; }

    /// <summary>A person's words for what it shows, such as "red wing patch"; null if nobody gave any.</summary>
    public string? Words { get; init; }

    /// <summary>The name of its slot, such as <c>Cardinal #3</c>.</summary>
    public string Name => $"{ClassName} #{NumberInClass}";

    /// <summary>What readers are told: its words with its name, or its name alone.</summary>
    public string Title => Words is null ? Name : $"{Words} ({Name})";

    /// <summary>The maximum number of characters of <see cref="Words"/>.</summary>
    public const int MostWords = 80;

    /// <summary>Whether a text can be <see cref="Words"/>: not too long, on one line, without space at its ends.</summary>
    internal static bool AreWords(string text)
        => text.Length is > 0 and <= MostWords && !text.Any(c => char.IsControl(c) || c is '\u2028' or '\u2029') && text.Trim().Length == text.Length;
}

/// <summary>The training image, and the place in it, of a prototype's latent patch. Boxes are in the network's input, S × S pixels.</summary>
public sealed record PrototypeSource
{
    /// <summary>Row of the training data, 0-based.</summary>
    public required long Row { get; init; }

    /// <summary>The image's id: its path if known, otherwise <c>row N</c>.</summary>
    public required string ImageId { get; init; }

    /// <summary>Row of the feature map, 0-based.</summary>
    public required int CellRow { get; init; }

    /// <summary>Column of the feature map, 0-based.</summary>
    public required int CellColumn { get; init; }

    /// <summary>Tightest box around the most similar 5 % of the enlarged similarity map: where the prototype fires.</summary>
    public required PixelBox Box { get; init; }

    /// <summary>The receptive field of the patch.</summary>
    public required PixelBox ReceptiveField { get; init; }

    /// <summary>PNG of the part inside <see cref="Box"/>, at the photograph's resolution; empty if an imported file had none.</summary>
    public required ReadOnlyMemory<byte> Picture { get; init; }

    /// <summary>Small JPEG of the whole photograph, for context; empty if an imported file had none.</summary>
    public required ReadOnlyMemory<byte> Thumbnail { get; init; }

    /// <summary>The backbone's features of the patch (Chw); empty in models of versions that did not keep them.</summary>
    internal ReadOnlyMemory<float> Features { get; init; }

    /// <summary>
    /// Whether the place is valid for a network with this receptive field: a cell of its map, and non-empty boxes within its image.
    /// </summary>
    internal static bool Fits(ReceptiveField field, long row, int cellRow, int cellColumn, PixelBox box, PixelBox receptiveField)
    {
        return row >= 0 && cellRow >= 0 && cellRow < field.Rows.Cells && cellColumn >= 0 && cellColumn < field.Columns.Cells
            && IsPart(box) && IsPart(receptiveField);

        bool IsPart(PixelBox part) => part.Top >= 0 && part.Top < part.Bottom && part.Bottom <= field.ImageSize
            && part.Left >= 0 && part.Left < part.Right && part.Right <= field.ImageSize;
    }
}
