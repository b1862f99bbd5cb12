using Microsoft.ML;
using Microsoft.ML.Data;

namespace ProtoPNet.MLNet.Columns;

/// <summary>A row with the new columns of <see cref="AddedColumns"/>.</summary>
internal sealed class WiderRow : DataViewRow
{
    private readonly AddedColumns _columns;
    private readonly DataViewRow _input;
    private readonly bool[] _active;
    private readonly Delegate?[] _getters;

    public WiderRow(AddedColumns columns, DataViewRow input, bool[] active)
    {
        (_columns, _input, _active) = (columns, input, active);
        _getters = columns.Bind(input, active.AsSpan(columns.InputSchema.Count));
    }

    public override long Position => _input.Position;

    public override long Batch => _input.Batch;

    public override DataViewSchema Schema => _columns.OutputSchema;

    public override ValueGetter<DataViewRowId> GetIdGetter() => _input.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => _active[column.Index];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        CheckActive(_active, column);
        int inputs = _columns.InputSchema.Count;
        return column.Index < inputs ? _input.GetGetter<TValue>(_columns.InputSchema[column.Index]) : Typed<TValue>(_getters[column.Index - inputs]!);
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
        if (disposing) _input.Dispose();
        base.Dispose(disposing);
    }
}
