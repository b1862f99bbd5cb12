using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Reports;

/// <summary>The source of a prototype.</summary>
internal sealed record SourceJson(string ImageId, long Row, int[] Box)
{
    public static SourceJson? Of(Prototype prototype)
        => prototype.Source is { } source ? new(source.ImageId, source.Row, BoxOf(source.Box)) : null;

    /// <summary>Rows and columns of the network's input, ends exclusive.</summary>
    public static int[] BoxOf(PixelBox box) => [box.Top, box.Bottom, box.Left, box.Right];
}
