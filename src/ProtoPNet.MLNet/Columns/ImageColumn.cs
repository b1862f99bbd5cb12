using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Columns;

/// <summary>Reads photographs from a column: <see cref="MLImage"/>, taken as it is, or encoded bytes from <c>LoadRawImageBytes</c>,
/// which are rotated upright and refused if truncated.</summary>
internal static class ImageColumn
{
    /// <summary>The types the column may have, for schema error messages.</summary>
    public const string Expected = "Image, or vector of Byte";

    /// <summary>Whether a column of this type can be read.</summary>
    public static bool Accepts(DataViewType type)
        => type is Microsoft.ML.Transforms.Image.ImageDataViewType
            || type is VectorDataViewType { ItemType: NumberDataViewType item } && item == NumberDataViewType.Byte;

    /// <summary>Creates a reader of the row that <paramref name="row"/> is at.</summary>
    /// <remarks>The last <see cref="MLImage"/> is not disposed: for in-memory images the caller owns it.</remarks>
    public static Func<RgbImage> Reader(DataViewRow row, DataViewSchema.Column column)
    {
        if (column.Type is VectorDataViewType)
        {
            ValueGetter<VBuffer<byte>> bytes = row.GetGetter<VBuffer<byte>>(column);
            VBuffer<byte> encoded = default;
            return () =>
            {
                bytes(ref encoded);
                return PhotographFile.Decode(encoded.IsDense ? encoded.GetValues().ToArray() : [.. encoded.DenseValues()]);
            };
        }
        ValueGetter<MLImage> images = row.GetGetter<MLImage>(column);
        MLImage image = null!;
        return () =>
        {
            images(ref image);
            return PhotographFile.CheckSize(ImageCodec.FromMLImage(image ?? throw new UnreadableImageException("The image is missing.")));
        };
    }

    /// <summary>Like <see cref="Reader"/>; errors in reading or in earlier steps name the row and column.</summary>
    public static Func<RgbImage> NamingReader(DataViewRow row, DataViewSchema.Column column)
    {
        Func<RgbImage> read = Reader(row, column);
        return () =>
        {
            try
            {
                return read();
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                throw new UnreadableImageException($"Row {row.Position}, column '{column.Name}': {e.Message}", e);
            }
        };
    }
}
