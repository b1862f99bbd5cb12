using Microsoft.ML;
using Microsoft.ML.Data;

namespace ProtoPNet.MLNet.Columns;

/// <summary>A row with computed columns behind those of another row.</summary>
/// <param name="input">The row that comes in.</param>
/// <param name="schema">Its columns, in their places, and the new ones.</param>
/// <param name="getters">The new columns; null for those that were not asked for.</param>
/// <param name="active">For each column of <paramref name="schema"/>, whether it was asked for.</param>
internal sealed class WiderRow(DataViewRow input, DataViewSchema schema, Delegate?[] getters, bool[] active) : DataViewRow
{
    public override long Position => input.Position;

    public override long Batch => input.Batch;

    public override DataViewSchema Schema => schema;

    public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        CheckActive(active, column);
        int inputs = input.Schema.Count;
        return column.Index < inputs ? input.GetGetter<TValue>(input.Schema[column.Index]) : Typed<TValue>(getters[column.Index - inputs]!);
    }

    /// <exception cref="ArgumentOutOfRangeException">The column was not asked for.</exception>
    public static void CheckActive(bool[] active, DataViewSchema.Column column)
    {
        if (!active[column.Index])
            throw new ArgumentOutOfRangeException(nameof(column), $"The column '{column.Name}' was not asked for when this row's cursor was made.");
    }

    public static ValueGetter<TValue> Typed<TValue>(Delegate getter) => getter as ValueGetter<TValue>
        ?? throw new InvalidOperationException(
            $"The column's values are of type {getter.GetType().GetGenericArguments()[0]}, not {typeof(TValue)}.");

    protected override void Dispose(bool disposing)
    {
        if (disposing) input.Dispose();
        base.Dispose(disposing);
    }
}
