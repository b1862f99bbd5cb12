using Microsoft.ML;
using Microsoft.ML.Data;

namespace ProtoPNet.MLNet.Columns;

/// <summary>A row with computed columns appended to those of another row.</summary>
/// <param name="input">The input row.</param>
/// <param name="schema">The input's columns followed by the new ones.</param>
/// <param name="getters">The getters of the new columns; null for inactive ones.</param>
/// <param name="active">For each column of <paramref name="schema"/>, whether it is active.</param>
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

    /// <exception cref="ArgumentOutOfRangeException">The column is not active.</exception>
    public static void CheckActive(bool[] active, DataViewSchema.Column column)
    {
        if (!active[column.Index])
            throw new ArgumentOutOfRangeException(nameof(column), $"The column '{column.Name}' was not requested when the cursor was created.");
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
