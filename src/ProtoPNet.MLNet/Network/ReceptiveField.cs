using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Network.Layers;

namespace ProtoPNet.MLNet.Network;

/// <summary>The receptive fields of the prototype layer's cells in a square image with sides of <paramref name="ImageSize"/> pixels.</summary>
internal sealed record ReceptiveField(int ImageSize, ReceptiveAxis Rows, ReceptiveAxis Columns)
{
    /// <summary>Computes the receptive fields from the image to the prototype layer.</summary>
    public static ReceptiveField Of(NetworkArchitecture architecture)
    {
        (ReceptiveAxis rows, ReceptiveAxis columns) = GraphField.Of(
            architecture.Backbone.Graph.Cut(architecture.Stages), architecture.ImageSize);
        return new(architecture.ImageSize, rows.After(new(architecture.PrototypeHeight)), columns.After(new(architecture.PrototypeWidth)));
    }

    /// <summary>Whether every cell sees the whole image, which makes the box of a receptive field meaningless.</summary>
    public bool IsWholeImage => Box(0, 0) == Box(Rows.Cells - 1, Columns.Cells - 1) && Box(0, 0) == new PixelBox(0, ImageSize, 0, ImageSize);

    /// <summary>All pixels that a cell can see.</summary>
    public PixelBox Box(int row, int column)
    {
        (int top, int bottom) = Rows.Range(row, ImageSize);
        (int left, int right) = Columns.Range(column, ImageSize);
        return new(top, bottom, left, right);
    }

    /// <summary>Whether the centre of a cell, where the enlarged map shows it, lies in a part of the image.</summary>
    public bool CentreLiesIn(PixelBox part, int row, int column)
    {
        (double y, double x) = ((row + 0.5) * ImageSize / Rows.Cells, (column + 0.5) * ImageSize / Columns.Cells);
        return y >= part.Top && y < part.Bottom && x >= part.Left && x < part.Right;
    }
}
