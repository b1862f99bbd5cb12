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
        ReceptiveField field = ReceptiveField.Of(architecture);
        return [.. Unplaced(architecture, classNames).Select(p => p with { Source = Source(session, session.Projected[p.Index], field, architecture) })];
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

    private static PrototypeSource Source(TrainingSession session, ProjectedPrototype place, ReceptiveField field, NetworkArchitecture architecture)
    {
        TrainingImage image = session.Images[place.Image];
        RgbImage picture = session.Images.Pixels.Get(place.Image);
        int size = architecture.ImageSize;
        PixelBox box = SimilarityMap.HighActivationBox(place.Similarities, size);
        RgbImage crop = ImageCodec.Crop(picture, box.Scale(size, size, picture.Width, picture.Height));
        return new()
        {
            Row = image.Row,
            ImageId = image.Id,
            CellRow = place.CellRow,
            CellColumn = place.CellColumn,
            Box = box,
            ReceptiveField = field.Box(place.CellRow, place.CellColumn),
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
