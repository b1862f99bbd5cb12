using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Columns;

namespace ProtoPNet.MLNet.Scoring;

/// <summary>The input rows with a model's columns, computed lazily, one batch of rows at a time.</summary>
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

    /// <summary>One cursor if the model is needed, since a forward pass uses all cores itself; otherwise as many as the source provides.</summary>
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
        // Passed-through images belong to the row under the cursor and cannot be read ahead.
        bool ahead = columns.AsksForNew(active) && columns.InputSchema.All(c => !active[c.Index] || RowBuffer.CanKeep(c.Type));
        return ahead ? new LookAheadCursor(columns, cursor, active, batchSize) : new RowByRowCursor(columns, cursor, active);
    }
}
