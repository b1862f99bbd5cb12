using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Model;

/// <summary>Describes prototypes: class, source, boxes, pictures.</summary>
internal static class PrototypeCatalogue
{
    private const int ThumbnailSide = 160, LargestPicture = 224;

    /// <summary>The prototypes of a network, without sources.</summary>
    public static IReadOnlyList<Prototype> Unplaced(NetworkArchitecture architecture, IReadOnlyList<string> classNames)
    {
        var numbers = new int[architecture.Classes];
        return [.. architecture.PrototypeClasses.Select((k, index) => new Prototype
        {
            Index = index,
            ClassIndex = k,
            ClassName = classNames[k],
            NumberInClass = ++numbers[k],
        })];
    }

    /// <summary>The source of a prototype, with its box and the pictures that show it.</summary>
    /// <param name="row">The photograph's row.</param>
    /// <param name="imageId">The photograph's name.</param>
    /// <param name="picture">The photograph.</param>
    /// <param name="place">The prototype's place on it.</param>
    /// <param name="architecture">The network.</param>
    public static PrototypeSource Source(long row, string imageId, RgbImage picture, PlacedPrototype place, NetworkArchitecture architecture)
    {
        int size = architecture.ImageSize;
        PixelBox box = SimilarityMap.HighActivationBox(place.Similarities, size);
        RgbImage crop = ImageCodec.Crop(picture, box.Scale(size, size, picture.Width, picture.Height));
        return new()
        {
            Row = row,
            ImageId = imageId,
            CellRow = place.CellRow,
            CellColumn = place.CellColumn,
            Features = place.Features,
            Box = box,
            ReceptiveField = ReceptiveField.Of(architecture).Box(place.CellRow, place.CellColumn),
            Picture = ImageCodec.EncodePng(Shrink(crop, LargestPicture)),
            Thumbnail = ImageCodec.EncodeJpeg(Shrink(picture, ThumbnailSide), 85),
        };
    }

    private static RgbImage Shrink(RgbImage image, int longerSide)
    {
        double scale = (double)longerSide / Math.Max(image.Width, image.Height);
        return scale >= 1 ? image
            : Resampling.Resize(image, Math.Max(1, (int)Math.Round(image.Width * scale)), Math.Max(1, (int)Math.Round(image.Height * scale)));
    }
}
