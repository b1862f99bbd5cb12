using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Columns;

namespace ProtoPNet.MLNet.Scoring;

/// <summary>The same rows with a model's columns, computed lazily, a batch of rows ahead of the one that is read.</summary>
internal sealed class LookAheadView(ScoreColumns columns, IDataView source, int batchSize) : IDataView
{
    public bool CanShuffle => source.CanShuffle;

    public DataViewSchema Schema => columns.OutputSchema;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        DataViewSchema.Column[] needed = [.. columnsNeeded];
        return Over(source.GetRowCursor(columns.GetDependencies(needed), rand), columns.Active(needed));
    }

    /// <summary>One cursor where the model is asked, since a forward pass uses all cores itself; otherwise as many as the source gives.</summary>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        DataViewSchema.Column[] needed = [.. columnsNeeded];
        bool[] active = columns.Active(needed);
        return columns.AsksForNew(active)
            ? [GetRowCursor(needed, rand)]
            : [.. source.GetRowCursorSet(columns.GetDependencies(needed), n, rand).Select(c => Over(c, active))];
    }

    private DataViewRowCursor Over(DataViewRowCursor cursor, bool[] active)
    {
        // Images that are passed through belong to the row under the cursor: those cannot be read ahead of it.
        bool ahead = columns.AsksForNew(active) && columns.InputSchema.All(c => !active[c.Index] || RowBuffer.CanKeep(c.Type));
        return ahead ? new LookAheadCursor(columns, cursor, active, batchSize) : new RowByRowCursor(columns, cursor, active);
    }
}
