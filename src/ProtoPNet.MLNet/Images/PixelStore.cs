using System.Runtime.InteropServices;

namespace ProtoPNet.MLNet.Images;

/// <summary>
/// Decoded photographs by number. Up to a limit they are kept in memory; the others go to a temporary file, of which only the part being read
/// is mapped. Any number of threads may read while one adds.
/// </summary>
internal sealed class PixelStore : IDisposable
{
    private readonly List<Entry> _entries = [];
    private readonly Lock _lock = new();
    private readonly long _limit;
    private readonly string _folder;
    private SpillFile? _spill;

    /// <param name="memoryLimit">The number of pixel bytes to keep in memory; 0 spills everything.</param>
    /// <param name="temporaryFolder">The folder for the spill file, if one is needed; created if missing. Nothing is left behind.</param>
    public PixelStore(long memoryLimit, string temporaryFolder)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(memoryLimit);
        ArgumentException.ThrowIfNullOrEmpty(temporaryFolder);
        (_limit, _folder) = (memoryLimit, temporaryFolder);
    }

    /// <summary>The number of photographs.</summary>
    public int Count
    {
        get { lock (_lock) return _entries.Count; }
    }

    /// <summary>The number of pixel bytes in memory, at most the limit.</summary>
    public long BytesInMemory { get; private set; }

    /// <summary>The number of pixel bytes in the file.</summary>
    public long BytesSpilled { get; private set; }

    /// <summary>Stores <paramref name="image"/> and returns its number: 0, 1, 2 …</summary>
    /// <exception cref="IOException">The temporary folder cannot be written to, or is full.</exception>
    public int Add(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        lock (_lock)
        {
            if (BytesInMemory + image.Pixels.Length <= _limit)
            {
                BytesInMemory += image.Pixels.Length;
                _entries.Add(new(image.Width, image.Height, image, 0));
            }
            else
            {
                _entries.Add(new(image.Width, image.Height, null, Spill(image)));
                BytesSpilled += image.Pixels.Length;
            }
            return _entries.Count - 1;
        }
    }

    /// <summary>Width and height of photograph <paramref name="index"/>, without reading it.</summary>
    public (int Width, int Height) SizeOf(int index)
    {
        Entry entry = Find(index);
        return (entry.Width, entry.Height);
    }

    /// <summary>Photograph <paramref name="index"/>; a copy if it is in the file.</summary>
    public RgbImage Get(int index)
    {
        Entry entry = Find(index);
        if (entry.Image is { } image) return image;
        using Lease lease = Borrow(index);
        return new(entry.Width, entry.Height, lease.Image.Pixels.ToArray());
    }

    /// <summary>The pixels of photograph <paramref name="index"/>, in place, valid until the lease is disposed.</summary>
    public Lease Borrow(int index)
    {
        Entry entry = Find(index);
        if (entry.Image is { } image) return new(image, null);
        SpillFile.Window window = _spill!.Map(entry.Offset, 3 * entry.Width * entry.Height);
        return new(new(entry.Width, entry.Height, window.Bytes), window);
    }

    /// <summary>Drops all photographs and removes the file.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _spill?.Dispose();
            _spill = null;
            _entries.Clear();
            (BytesInMemory, BytesSpilled) = (0, 0);
        }
    }

    private long Spill(RgbImage image)
    {
        try
        {
            _spill ??= new(_folder);
            return _spill.Append(image.Pixels);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"Decoded photographs beyond the memory limit cannot be written to the folder '{_folder}': {e.Message} "
                + "Free space there, keep more in memory (CacheLimitMB), or choose another folder (MLContext.TempFilePath).", e);
        }
    }

    private Entry Find(int index)
    {
        lock (_lock) return CollectionsMarshal.AsSpan(_entries)[index];
    }

    private readonly record struct Entry(int Width, int Height, RgbImage? Image, long Offset);

    /// <summary>Borrowed pixels.</summary>
    internal readonly ref struct Lease(PixelSpan image, SpillFile.Window? window) : IDisposable
    {
        /// <summary>The photograph.</summary>
        public PixelSpan Image { get; } = image;

        public void Dispose() => window?.Dispose();
    }
}
