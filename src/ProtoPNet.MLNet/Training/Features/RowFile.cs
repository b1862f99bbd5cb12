using System.Runtime.InteropServices;

namespace ProtoPNet.MLNet.Training.Features;

/// <summary>
/// Rows of equal length at fixed places of a file, each followed by its digest, so that a row which was not written completely, was damaged or
/// belongs to something else counts as missing. Uses ordinary reads and writes: a full disk or a file cut short by others is an exception rather than
/// a crash, and nothing of the file counts towards the process's memory. One thread may write while others read.
/// </summary>
internal sealed class RowFile : IDisposable
{
    private readonly FileStream _file;
    private readonly int _rowBytes;
    private readonly ulong _salt;
    private readonly bool[] _has;
    private byte[] _record = [];

    private RowFile(FileStream file, int rows, int rowBytes, ulong salt)
        => (_file, _rowBytes, _salt, _has) = (file, rowBytes, salt, new bool[rows]);

    /// <summary>The bytes that a row takes in the file.</summary>
    public static long Stride(int rowBytes) => (long)rowBytes + sizeof(ulong);

    /// <summary>A file that disappears with the process, even if killed.</summary>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public static RowFile Temporary(string folder, int rows, int rowBytes)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, $"protopnet-features-{Guid.NewGuid():N}.tmp");
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 0, FileOptions.DeleteOnClose);
        // Where open files can be unlinked, do it now, so that not even a killed process leaves it behind.
        if (!OperatingSystem.IsWindows()) File.Delete(path);
        return new(file, rows, rowBytes, 0);
    }

    /// <summary>A file that stays. Rows written by an earlier run, even one that was killed, are there.</summary>
    /// <param name="path">The file, created if missing.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="rowBytes">The length of a row.</param>
    /// <param name="salt">Distinguishes contents: rows written with another salt are missing.</param>
    /// <exception cref="IOException">The file cannot be opened, or another process has opened it.</exception>
    public static RowFile Kept(string path, int rows, int rowBytes, ulong salt)
    {
        var file = new RowFile(new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 0), rows, rowBytes, salt);
        try
        {
            file.FindRows();
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public bool Has(int row) => Volatile.Read(ref _has[row]);

    public void Put(int row, ReadOnlySpan<byte> bytes)
    {
        if (_record.Length == 0) _record = new byte[Stride(_rowBytes)];
        bytes.CopyTo(_record);
        MemoryMarshal.Write(_record.AsSpan(_rowBytes), DigestOf(row, bytes));
        RandomAccess.Write(_file.SafeFileHandle, _record, row * Stride(_rowBytes));
        Volatile.Write(ref _has[row], true);
    }

    public void Get(int row, Span<byte> bytes) => Read(row * Stride(_rowBytes), bytes[.._rowBytes]);

    public void Dispose() => _file.Dispose();

    private void FindRows()
    {
        byte[] record = new byte[Stride(_rowBytes)];
        long whole = Math.Min(_has.Length, _file.Length / record.Length);
        for (int row = 0; row < whole; row++)
        {
            Read(row * Stride(_rowBytes), record);
            _has[row] = MemoryMarshal.Read<ulong>(record.AsSpan(_rowBytes)) == DigestOf(row, record.AsSpan(0, _rowBytes));
        }
    }

    private void Read(long start, Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int read = RandomAccess.Read(_file.SafeFileHandle, bytes, start);
            if (read == 0) throw new IOException("A file of kept features was cut short while it was in use. Do not touch it during a run.");
            bytes = bytes[read..];
            start += read;
        }
    }

    private ulong DigestOf(int row, ReadOnlySpan<byte> bytes) => Digest.Of(bytes, _salt + (ulong)row + 1);
}
