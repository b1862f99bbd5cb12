namespace ProtoPNet.MLNet.Training.Features;

/// <summary>Rows of equal length by number. Each has a place in memory or in a file, or none; rows without a place are not kept.</summary>
/// <param name="rowBytes">The length of a row.</param>
/// <param name="places">The places of rows.</param>
/// <param name="file">The file; null if no row has its place there.</param>
/// <param name="disposed">Called once when the space is free again.</param>
internal sealed class RowStore(int rowBytes, RowPlaces places, RowFile? file, Action disposed) : IDisposable
{
    private readonly byte[]?[] _inMemory = new byte[]?[places.InMemory.Count];
    private volatile bool _fileIsFull;
    private bool _disposed;

    public int RowBytes => rowBytes;

    /// <summary>The number of rows with a place.</summary>
    public int Capacity => places.InMemory.Count + places.InFile.Count;

    /// <summary>Why the file takes no more rows; null while it does.</summary>
    public string? Failure { get; private set; }

    public bool Has(int row)
        => places.InMemory.Index(row) is { } inMemory ? Volatile.Read(ref _inMemory[inMemory]) is not null
        : places.InFile.Index(row) is { } inFile && file!.Has(inFile);

    /// <summary>Keeps a row if it has a place; the array belongs to the store from now on.</summary>
    public void Put(int row, byte[] bytes)
    {
        if (places.InMemory.Index(row) is { } inMemory) Volatile.Write(ref _inMemory[inMemory], bytes);
        else if (!_fileIsFull && places.InFile.Index(row) is { } inFile)
        {
            try
            {
                file!.Put(inFile, bytes);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                (_fileIsFull, Failure) = (true, e.Message);
            }
        }
    }

    /// <summary>Reads a row that is there into a buffer, unless it is in memory already.</summary>
    public ReadOnlySpan<byte> Get(int row, byte[] buffer)
    {
        if (places.InMemory.Index(row) is { } inMemory) return _inMemory[inMemory];
        file!.Get(places.InFile.Index(row)!.Value, buffer);
        return buffer.AsSpan(0, rowBytes);
    }

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        file?.Dispose();
        Array.Clear(_inMemory);
        disposed();
    }
}

/// <summary>Which rows have a place in memory, and which in a file.</summary>
internal readonly record struct RowPlaces(RowRange InMemory, RowRange InFile);

/// <summary>Consecutive rows.</summary>
internal readonly record struct RowRange(int First, int Count)
{
    /// <summary>The place of a row within the range; null if it is outside.</summary>
    public int? Index(int row) => row >= First && row - First < Count ? row - First : null;
}
