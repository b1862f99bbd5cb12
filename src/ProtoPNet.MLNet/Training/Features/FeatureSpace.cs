using System.Globalization;

namespace ProtoPNet.MLNet.Training.Features;

/// <summary>Divides the space for kept features among those that need some at the same time.</summary>
internal sealed class FeatureSpace(FeatureLimits limits)
{
    /// <summary>Disk space that is left to others.</summary>
    private const long LeftFree = 1L << 30;

    private const string Ending = ".features";
    private long _memory = limits.MemoryBytes, _disk = limits.DiskBytes;

    /// <summary>Whether files are kept for later runs, so that keys are needed.</summary>
    public bool KeepsFiles => limits.KeptFolder is not null;

    /// <summary>
    /// Finds a place for as many of the rows as possible: first in memory, then in a file; if the file stays, first in the file.
    /// </summary>
    /// <param name="rows">The number of rows.</param>
    /// <param name="rowBytes">The length of a row.</param>
    /// <param name="key">The name of the content in the folder of files that stay; null for a temporary file.</param>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public RowStore Reserve(int rows, int rowBytes, string? key)
    {
        if (key is not null && limits.KeptFolder is { } folder)
        {
            int onDisk = OnDisk(rows, rowBytes, folder, key);
            if (onDisk > 0 && Kept(Path.Combine(folder, key + Ending), onDisk, rowBytes, key) is { } kept)
                return Store(rowBytes, new(new(onDisk, InMemory(rows - onDisk, rowBytes)), new(0, onDisk)), kept);
        }
        int inMemory = InMemory(rows, rowBytes), inFile = OnDisk(rows - inMemory, rowBytes, limits.TemporaryFolder, null);
        return Store(
            rowBytes, new(new(0, inMemory), new(inMemory, inFile)),
            inFile == 0 ? null : RowFile.Temporary(limits.TemporaryFolder, inFile, rowBytes));
    }

    private int InMemory(int rows, int rowBytes) => (int)Math.Min(rows, _memory / rowBytes);

    private int OnDisk(int rows, int rowBytes, string folder, string? key)
    {
        if (rows == 0 || _disk < RowFile.Stride(rowBytes)) return 0;
        Directory.CreateDirectory(folder);
        long there = 0;
        if (key is not null)
        {
            string own = Path.Combine(folder, key + Ending);
            there = File.Exists(own) ? new FileInfo(own).Length : 0;
            MakeRoom(folder, own, Math.Min(rows * RowFile.Stride(rowBytes), _disk));
        }
        long free = Math.Max(0, FreeBytes(folder) - LeftFree) + there;
        return (int)Math.Min(rows, Math.Min(_disk, free) / RowFile.Stride(rowBytes));
    }

    private RowStore Store(int rowBytes, RowPlaces places, RowFile? file)
    {
        long memory = (long)places.InMemory.Count * rowBytes, disk = places.InFile.Count * RowFile.Stride(rowBytes);
        _memory -= memory;
        _disk -= disk;
        return new(rowBytes, places, file, () =>
        {
            _memory += memory;
            _disk += disk;
        });
    }

    /// <summary>Null if another run is using the file.</summary>
    private static RowFile? Kept(string path, int rows, int rowBytes, string key)
    {
        try
        {
            RowFile file = RowFile.Kept(path, rows, rowBytes, ulong.Parse(key[..16], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
            return file;
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    /// <summary>Removes the files that were not used for longest until the others, and so many bytes more, are within the limit.</summary>
    private void MakeRoom(string folder, string own, long bytes)
    {
        List<FileInfo> files = [.. new DirectoryInfo(folder).GetFiles("*" + Ending).Where(f => f.FullName != Path.GetFullPath(own))
            .OrderBy(f => f.LastWriteTimeUtc)];
        long all = files.Sum(f => f.Length) + bytes;
        foreach (FileInfo oldest in files.TakeWhile(_ => all > limits.DiskBytes))
        {
            try
            {
                using (new FileStream(oldest.FullName, FileMode.Open, FileAccess.ReadWrite, FileShare.None)) { }
                all -= oldest.Length;
                oldest.Delete();
            }
            catch (IOException)
            {
                // Another run is using it.
            }
        }
    }

    private static long FreeBytes(string folder)
    {
        string full = Path.GetFullPath(folder);
        return new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(full)! : full).AvailableFreeSpace;
    }
}
