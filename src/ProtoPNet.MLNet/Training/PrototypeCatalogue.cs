using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Training;

/// <summary>Describes the prototypes of a trained network: class, source, boxes, pictures.</summary>
internal static class PrototypeCatalogue
{
    private const int ThumbnailSide = 160, LargestPicture = 224;

    /// <summary>Prototypes with the places of the last projection.</summary>
    public static IReadOnlyList<Prototype> Describe(TrainingSession session, IReadOnlyList<string> classNames)
    {
        NetworkArchitecture architecture = session.Network.Architecture;
        return [.. Unplaced(architecture, classNames).Select(p => p with { Source = Source(session, session.Projected[p.Index], architecture) })];
    }

    /// <summary>Prototypes without sources, as before a projection.</summary>
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

    private static PrototypeSource Source(TrainingSession session, ProjectedPrototype place, NetworkArchitecture architecture)
    {
        TrainingImage image = session.Images[place.Image];
        RgbImage picture = session.Images.Pixels.Get(place.Image);
        return Source(image.Row, image.Id, picture, place.CellRow, place.CellColumn, place.Similarities, architecture);
    }

    /// <summary>A cell of a photograph as a prototype's source, with the box and the pictures that show it.</summary>
    public static PrototypeSource Source(
        long row, string imageId, RgbImage picture, int cellRow, int cellColumn, float[,] similarities, NetworkArchitecture architecture)
    {
        int size = architecture.ImageSize;
        PixelBox box = SimilarityMap.HighActivationBox(similarities, size);
        RgbImage crop = ImageCodec.Crop(picture, box.Scale(size, size, picture.Width, picture.Height));
        return new()
        {
            Row = row,
            ImageId = imageId,
            CellRow = cellRow,
            CellColumn = cellColumn,
            Box = box,
            ReceptiveField = ReceptiveField.Of(architecture).Box(cellRow, cellColumn),
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
