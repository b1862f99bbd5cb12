using Microsoft.ML;
using Microsoft.ML.Data;

namespace ProtoPNet.MLNet.Columns;

/// <summary>The input rows with the new columns, computed lazily, one row at a time.</summary>
internal sealed class RowByRowView(AddedColumns columns, IDataView source) : IDataView
{
    public bool CanShuffle => source.CanShuffle;

    public DataViewSchema Schema => columns.OutputSchema;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        DataViewSchema.Column[] needed = [.. columnsNeeded];
        return new RowByRowCursor(columns, source.GetRowCursor(columns.GetDependencies(needed), rand), columns.Active(needed));
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        DataViewSchema.Column[] needed = [.. columnsNeeded];
        return [.. source.GetRowCursorSet(columns.GetDependencies(needed), n, rand)
            .Select(c => new RowByRowCursor(columns, c, columns.Active(needed)))];
    }
}

/// <summary>A cursor over a <see cref="WiderRow"/>.</summary>
internal sealed class RowByRowCursor(AddedColumns columns, DataViewRowCursor source, bool[] active) : DataViewRowCursor
{
    private readonly WiderRow _row = columns.Row(source, active);

    public override long Position => source.Position;

    public override long Batch => source.Batch;

    public override DataViewSchema Schema => columns.OutputSchema;

    public override bool MoveNext() => source.MoveNext();

    public override ValueGetter<DataViewRowId> GetIdGetter() => source.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => _row.GetGetter<TValue>(column);

    protected override void Dispose(bool disposing)
    {
        if (disposing) _row.Dispose(); // disposes the source too
        base.Dispose(disposing);
    }
}
