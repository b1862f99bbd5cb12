using System.IO.MemoryMappedFiles;

namespace ProtoPNet.MLNet.Weights;

/// <summary>
/// A memory-mapped file, read through short-lived views, so that address space and resident memory are bounded by the view, not the file.
/// </summary>
internal sealed class MappedFile : IDisposable
{
    private const int ViewBytes = 16 << 20;
    private readonly MemoryMappedFile? _map;
    private readonly byte[] _bytes = [];

    public MappedFile(string path)
    {
        Path = path;
        // Others may read the file but not write to it: a file that shrinks under a mapping kills the process.
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        Length = stream.Length;
        if (Length > 0)
            _map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        else stream.Dispose();
    }

    /// <summary>A file already in memory.</summary>
    public MappedFile(string path, byte[] bytes) => (Path, _bytes, Length) = (path, bytes, bytes.Length);

    public string Path { get; }

    public long Length { get; }

    /// <summary>Copies bytes starting at <paramref name="offset"/>.</summary>
    /// <exception cref="WeightsFormatException">They extend beyond the end of the file.</exception>
    public unsafe void Read(long offset, Span<byte> destination)
    {
        CheckRange(offset, destination.Length);
        if (_map is null)
        {
            _bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
            return;
        }
        while (!destination.IsEmpty)
        {
            int count = Math.Min(destination.Length, ViewBytes);
            using MemoryMappedViewAccessor view = _map.CreateViewAccessor(offset, count, MemoryMappedFileAccess.Read);
            byte* start = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            try
            {
                new ReadOnlySpan<byte>(start + view.PointerOffset, count).CopyTo(destination);
            }
            finally
            {
                view.SafeMemoryMappedViewHandle.ReleasePointer();
            }
            offset += count;
            destination = destination[count..];
        }
    }

    public byte[] Read(long offset, int count)
    {
        CheckRange(offset, count);
        byte[] bytes = new byte[count];
        Read(offset, bytes);
        return bytes;
    }

    /// <summary>A forward view of a range of the file.</summary>
    /// <exception cref="WeightsFormatException">It extends beyond the end of the file.</exception>
    public Stream Open(long offset, long count)
    {
        CheckRange(offset, count);
        return count == 0 ? Stream.Null
            : _map is null ? new MemoryStream(_bytes, (int)offset, (int)count, writable: false)
            : _map.CreateViewStream(offset, count, MemoryMappedFileAccess.Read);
    }

    private void CheckRange(long offset, long count)
    {
        if (offset >= 0 && offset <= Length - count) return;
        throw new WeightsFormatException(Path, $"it ends before byte {(decimal)offset + count}: "
            + "it is truncated, or its table of contents is damaged.");
    }

    public void Dispose() => _map?.Dispose();
}
