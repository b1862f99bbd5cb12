using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Export;

/// <summary>A prototype in exported files, in the metadata <c>protopnet.prototypes</c>.</summary>
internal sealed record PrototypeDescription(int Index, string Name, int Class, int Number, PrototypeDescription.Place? Source)
{
    /// <summary>Its source; pictures only in files meant for import.</summary>
    internal sealed record Place(
        long Row, string ImageId, int CellRow, int CellColumn, PixelBox Box, PixelBox ReceptiveField,
        byte[]? Picture = null, byte[]? Thumbnail = null);

    public static PrototypeDescription Of(Prototype prototype, bool pictures) => new(
        prototype.Index, prototype.Name, prototype.ClassIndex, prototype.NumberInClass, prototype.Source is not { } s ? null : new(
            s.Row, s.ImageId, s.CellRow, s.CellColumn, s.Box, s.ReceptiveField,
            pictures ? s.Picture.ToArray() : null, pictures ? s.Thumbnail.ToArray() : null));

    /// <summary>Whether this is valid for the prototype of that index in a network with this receptive field.</summary>
    public bool Fits(int index, ReceptiveField field) => Index == index && Number >= 1
        && (Source is not { } s || PrototypeSource.Fits(field, s.Row, s.CellRow, s.CellColumn, s.Box, s.ReceptiveField));

    /// <summary>The prototype, with the number and source of this description.</summary>
    public Prototype ToPrototype(Prototype unplaced) => unplaced with
    {
        NumberInClass = Number,
        Source = Source is not { } s ? null : new()
        {
            Row = s.Row,
            ImageId = s.ImageId,
            CellRow = s.CellRow,
            CellColumn = s.CellColumn,
            Box = s.Box,
            ReceptiveField = s.ReceptiveField,
            Picture = s.Picture,
            Thumbnail = s.Thumbnail,
        },
    };
}
