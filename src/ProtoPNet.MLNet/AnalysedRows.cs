using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet;

/// <summary>The rows of a data view as photographs to analyse, read once, as they are asked for.</summary>
internal static class AnalysedRows
{
    /// <exception cref="ArgumentException">A column is missing or has another type.</exception>
    public static IEnumerable<AnalysedImage> Read(
        IDataView data, string imageColumn, IReadOnlyList<string> classNames, InterpretabilityColumns columns)
    {
        DataViewSchema.Column image = Find(data, "image", imageColumn, ImageColumn.Accepts, ImageColumn.Expected);
        DataViewSchema.Column label = Find(data, "label", columns.Label, type => type is KeyDataViewType, "Key");
        DataViewSchema.Column? parts = columns.Parts is { } p ? Find(data, "part", p.Name, IsVector, "Vector<Single> (x, y of each part)") : null;
        DataViewSchema.Column? cut = columns.Parts?.CroppedTo is { } c ? Find(data, "box", c, IsVector, "Vector<Single, 4>") : null;
        DataViewSchema.Column? box = columns.ObjectBox is { } b ? Find(data, "object box", b, IsVector, "Vector<Single, 4>") : null;
        Dictionary<string, int> known = classNames.Index().ToDictionary(one => one.Item, one => one.Index);
        int?[] classes = [.. ClassLabels.Of(label).Names.Select(name => known.TryGetValue(name, out int k) ? k : (int?)null)];
        return Rows();

        IEnumerable<AnalysedImage> Rows()
        {
            using DataViewRowCursor cursor = data.GetRowCursor([image, label, .. ((DataViewSchema.Column?[])[parts, cut, box])
                .OfType<DataViewSchema.Column>().DistinctBy(column => column.Index)]);
            Func<RgbImage> photograph = ImageColumn.NamingReader(cursor, image);
            ValueGetter<uint> key = cursor.GetGetter<uint>(label);
            Func<float[]>? places = Floats(cursor, parts), cropped = Floats(cursor, cut), around = Floats(cursor, box);
            uint value = 0;
            while (cursor.MoveNext())
            {
                RgbImage picture = photograph();
                key(ref value);
                AnalysedImage row = new($"row {cursor.Position}", value == 0 ? null : classes[value - 1], () => picture)
                {
                    ObjectBox = around?.Invoke() is [var left, var top, > 0 and var width, > 0 and var height] ? new(left, top, width, height) : null,
                };
                yield return places is null ? row
                    : row.WithParts(Parts(columns.Parts!, places(), $"Row {cursor.Position}"), cropped?.Invoke());
            }
        }
    }

    private static IEnumerable<PartPlace> Parts(PartColumn column, float[] places, string row)
    {
        if (places.Length != 2 * column.PartNames.Count)
            throw new ArgumentException($"{row}, column '{column.Name}': there are {places.Length} numbers, "
                + $"not an x and a y for each of the {column.PartNames.Count} parts named. Use NaN where a part is not visible.");
        return column.PartNames.Select((name, i) => new PartPlace(name, places[2 * i], places[2 * i + 1]))
            .Where(part => float.IsFinite(part.X) && float.IsFinite(part.Y));
    }

    private static Func<float[]>? Floats(DataViewRow row, DataViewSchema.Column? column)
    {
        if (column is null) return null;
        ValueGetter<VBuffer<float>> read = row.GetGetter<VBuffer<float>>(column.Value);
        VBuffer<float> vector = default;
        return () =>
        {
            read(ref vector);
            return [.. vector.DenseValues()];
        };
    }

    private static bool IsVector(DataViewType type) => type is VectorDataViewType { ItemType: NumberDataViewType item } && item == NumberDataViewType.Single;

    private static DataViewSchema.Column Find(IDataView data, string what, string name, Func<DataViewType, bool> accepts, string expected)
    {
        DataViewSchema.Column column = data.Schema.GetColumnOrNull(name) ?? throw new ArgumentException($"Could not find {what} column '{name}'. "
            + $"The data has the columns {string.Join(", ", data.Schema.Where(c => !c.IsHidden).Select(c => $"'{c.Name}'"))}.");
        return accepts(column.Type) ? column
            : throw new ArgumentException($"Schema mismatch for {what} column '{name}': expected {expected}, got {column.Type}.");
    }
}
