using System.IO.MemoryMappedFiles;

namespace ProtoPNet.MLNet.Images;

/// <summary>
/// An append-only temporary file. Uses ordinary writes, so that a full disk raises an exception rather than crashing, and short-lived read mappings
/// of single entries, so that it never counts towards the process's memory. It disappears with the process, even if killed.
/// </summary>
internal sealed class SpillFile : IDisposable
{
    private const long GrowthBytes = 64 << 20;

    private readonly FileStream _file;
    private readonly Lock _lock = new();
    private MemoryMappedFile? _map;
    private long _capacity;
    private long _end;

    public SpillFile(string folder)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, $"protopnet-pixels-{Guid.NewGuid():N}.tmp");
        _file = new(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose | FileOptions.RandomAccess);
        // Where open files can be unlinked, do it now, so that not even a killed process leaves it behind.
        if (!OperatingSystem.IsWindows()) File.Delete(path);
    }

    /// <summary>Writes <paramref name="bytes"/> and returns their offset.</summary>
    public long Append(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            long start = _end;
            if (start + bytes.Length > _capacity) Grow(Math.Max(GrowthBytes, bytes.Length));
            RandomAccess.Write(_file.SafeFileHandle, bytes, start);
            _end += bytes.Length;
            return start;
        }
    }

    /// <summary>Maps the <paramref name="length"/> bytes that <see cref="Append"/> wrote at <paramref name="start"/>.</summary>
    public Window Map(long start, int length)
    {
        lock (_lock) return new(_map!.CreateViewAccessor(start, length, MemoryMappedFileAccess.Read), length);
    }

    public void Dispose()
    {
        _map?.Dispose();
        _file.Dispose();
    }

    /// <summary>The file grows in steps; open windows stay valid.</summary>
    private void Grow(long bytes)
    {
        _map?.Dispose();
        _capacity += bytes;
        _map = MemoryMappedFile.CreateFromFile(_file, null, _capacity, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
    }

    /// <summary>A mapping of some of the file's bytes.</summary>
    internal sealed unsafe class Window : IDisposable
    {
        private readonly MemoryMappedViewAccessor _view;
        private readonly byte* _first;
        private readonly int _length;

        public Window(MemoryMappedViewAccessor view, int length)
        {
            (_view, _length) = (view, length);
            byte* pointer = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
            _first = pointer + view.PointerOffset;
        }

        public ReadOnlySpan<byte> Bytes => new(_first, _length);

        public void Dispose()
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
        }
    }
}
