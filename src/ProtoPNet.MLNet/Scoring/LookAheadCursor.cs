using System.Runtime.ExceptionServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Scoring;

/// <summary>Reads up to a batch of rows, scores them in one pass, and returns them one by one.</summary>
internal sealed class LookAheadCursor : DataViewRowCursor
{
    private readonly ScoreColumns _columns;
    private readonly DataViewRowCursor _source;
    private readonly bool[] _active;
    private readonly RowBuffer?[] _kept;
    private readonly Delegate[] _getters;
    private readonly RowScores _rows;
    private readonly Func<RgbImage> _read;
    private readonly ValueGetter<DataViewRowId> _id;
    private readonly DataViewRowId[] _ids;
    private readonly long[] _batches;
    private int _count, _at = -1;
    private long _position = -1;
    private bool _ended;
    private ExceptionDispatchInfo? _pending;

    public LookAheadCursor(ScoreColumns columns, DataViewRowCursor source, bool[] active, int batchSize)
    {
        (_columns, _source, _active) = (columns, source, active);
        _kept = [.. columns.InputSchema.Select(c => active[c.Index] ? RowBuffer.For(source, c, batchSize) : null)];
        _rows = columns.Rows(batchSize);
        _getters = _rows.Getters(At);
        _read = columns.Reader(source);
        _id = source.GetIdGetter();
        (_ids, _batches) = (new DataViewRowId[batchSize], new long[batchSize]);
    }

    public override long Position => _position;

    public override long Batch => _at >= 0 ? _batches[_at] : 0;

    public override DataViewSchema Schema => _columns.OutputSchema;

    public override bool MoveNext()
    {
        if (_at + 1 < _count)
        {
            _at++;
        }
        else if (!NextBatch())
        {
            (_at, _count, _position) = (-1, 0, -1);
            return false;
        }
        _position++;
        return true;
    }

    public override bool IsColumnActive(DataViewSchema.Column column) => _active[column.Index];

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId to) => to = _ids[At()];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        WiderRow.CheckActive(_active, column);
        return WiderRow.Typed<TValue>(column.Index < _kept.Length ? _kept[column.Index]!.Getter(At) : _getters[column.Index - _kept.Length]);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _source.Dispose();
        base.Dispose(disposing);
    }

    private bool NextBatch()
    {
        _pending?.Throw();
        (_count, _at) = (0, -1);
        while (!_ended && _count < _ids.Length)
        {
            try
            {
                if (!_source.MoveNext())
                {
                    _ended = true;
                    break;
                }
                Keep(_count);
                _count++;
            }
            catch (Exception e) when (_count > 0)
            {
                _pending = ExceptionDispatchInfo.Capture(e); // earlier rows are valid: thrown when its own row is reached
                break;
            }
        }
        if (_count == 0) return false;
        _rows.Score(_count);
        _at = 0;
        return true;
    }

    private void Keep(int at)
    {
        foreach (RowBuffer? buffer in _kept) buffer?.Keep(at);
        _id(ref _ids[at]);
        _batches[at] = _source.Batch;
        _rows.Keep(_read(), at);
    }

    private int At() => _at >= 0
        ? _at
        : throw new InvalidOperationException("There is no current row: MoveNext has not been called or has returned false.");
}
