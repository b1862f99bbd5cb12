using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace ProtoPNet.MLNet.Persistence;

/// <summary>Helpers for ML.NET schema shapes, whose members are internal.</summary>
internal static class Shapes
{
    public static SchemaShape.Column Column(string name, SchemaShape.Column.VectorKind kind, DataViewType itemType)
        => new(name, kind, itemType, isKey: false);

    /// <summary>Adds a column to the shape, replacing one of the same name.</summary>
    public static SchemaShape With(SchemaShape shape, SchemaShape.Column column) => new([.. shape.Where(c => c.Name != column.Name), column]);

    /// <summary>Adds a column of images.</summary>
    public static SchemaShape WithImages(SchemaShape shape, string name)
        => With(shape, Column(name, SchemaShape.Column.VectorKind.Scalar, new ImageDataViewType()));

    /// <exception cref="ArgumentOutOfRangeException">The column is missing or holds no images.</exception>
    public static void RequireImages(SchemaShape shape, string name)
        => Require(shape, "image", name, "Image", c => c.Kind == SchemaShape.Column.VectorKind.Scalar && c.ItemType is ImageDataViewType);

    /// <exception cref="ArgumentOutOfRangeException">The column is missing or holds no vectors of <see cref="float"/>.</exception>
    public static void RequireFloats(SchemaShape shape, string what, string name, string expected)
        => Require(shape, what, name, expected, c => c.Kind != SchemaShape.Column.VectorKind.Scalar && c.ItemType == NumberDataViewType.Single);

    /// <exception cref="ArgumentOutOfRangeException">The column is missing or has the wrong type.</exception>
    public static void Require(SchemaShape shape, string what, string name, string expected, Func<SchemaShape.Column, bool> fits)
    {
        if (!shape.TryFindColumn(name, out SchemaShape.Column column))
            throw new ArgumentOutOfRangeException(nameof(shape), $"Could not find {what} column '{name}'.");
        if (!fits(column))
            throw new ArgumentOutOfRangeException(
                nameof(shape), $"Schema mismatch for {what} column '{name}': expected {expected}, got {column.GetTypeString()}.");
    }
}
