using Microsoft.ML;
using Microsoft.ML.Data;

namespace ProtoPNet.MLNet.Persistence;

/// <summary>ML.NET's schema shapes, whose parts it keeps internal.</summary>
internal static class Shapes
{
    public static SchemaShape.Column Column(string name, SchemaShape.Column.VectorKind kind, DataViewType itemType)
        => new(name, kind, itemType, isKey: false);

    /// <summary>The shape with one more column, in the place of one of the same name.</summary>
    public static SchemaShape With(SchemaShape shape, SchemaShape.Column column) => new([.. shape.Where(c => c.Name != column.Name), column]);

    /// <exception cref="ArgumentOutOfRangeException">There is no such column, or it does not fit.</exception>
    public static void Require(SchemaShape shape, string what, string name, string expected, Func<SchemaShape.Column, bool> fits)
    {
        if (!shape.TryFindColumn(name, out SchemaShape.Column column))
            throw new ArgumentOutOfRangeException(nameof(shape), $"Could not find {what} column '{name}'.");
        if (!fits(column))
            throw new ArgumentOutOfRangeException(
                nameof(shape), $"Schema mismatch for {what} column '{name}': expected {expected}, got {column.GetTypeString()}.");
    }
}
