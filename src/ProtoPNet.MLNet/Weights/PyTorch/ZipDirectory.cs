using System.Buffers.Binary;
using System.Text;

namespace ProtoPNet.MLNet.Weights.PyTorch;

/// <summary>
/// The entries of a zip file: stored, as PyTorch writes them, or deflated, as TorchSharp.PyBridge does. Entries that would unpack to an
/// implausible size are rejected.
/// </summary>
internal sealed class ZipDirectory
{
    private const int EndRecordSize = 22, LongestComment = ushort.MaxValue, LargestDirectory = 64 << 20;

    /// <summary>The size above which an entry must not exceed <see cref="MostRatio"/> times its packed size: weights barely compress.</summary>
    private const long AlwaysAllowed = 64 << 20, MostRatio = 100;

    private const int Stored = 0, Deflated = 8;
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly MappedFile _file;

    public ZipDirectory(MappedFile file)
    {
        _file = file;
        (long begin, long length, long count) = FindDirectory();
        if (begin < 0 || length < 0 || begin > file.Length - length) throw Broken("its directory lies outside the file");
        if (length > LargestDirectory) throw Broken($"its directory claims {length} bytes");
        ReadOnlySpan<byte> directory = file.Read(begin, (int)length);
        for (long i = 0; i < count; i++) directory = directory[ReadEntry(directory)..];
    }

    public IEnumerable<string> Names => _entries.Keys;

    /// <summary>The data of an entry; null if there is no such entry.</summary>
    public StoredBytes? Find(string name)
    {
        if (!_entries.TryGetValue(name, out Entry entry)) return null;
        byte[] header = _file.Read(entry.Header, 30);
        if (U32(header, 0) != 0x04034b50) throw Broken($"the entry '{name}' is not where its directory says");
        long begin = entry.Header + 30 + U16(header, 26) + U16(header, 28);
        return begin <= _file.Length - entry.Packed
            ? new(_file, begin, entry.Length, entry.IsPacked ? entry.Packed : null)
            : throw Broken($"the entry '{name}' extends beyond the end of the file");
    }

    private (long Begin, long Length, long Count) FindDirectory()
    {
        int tailLength = (int)Math.Min(_file.Length, EndRecordSize + LongestComment);
        long tailBegin = _file.Length - tailLength;
        ReadOnlySpan<byte> tail = _file.Read(tailBegin, tailLength);
        int at = tailLength - EndRecordSize;
        while (at >= 0 && (U32(tail, at) != 0x06054b50 || at + EndRecordSize + U16(tail, at + 20) != tailLength)) at--;
        if (at < 0) throw Broken("the directory at its end is missing, as in an incomplete download");

        (long begin, long length, long count) = (U32(tail, at + 16), U32(tail, at + 12), U16(tail, at + 10));
        if (begin != uint.MaxValue && length != uint.MaxValue && count != ushort.MaxValue) return (begin, length, count);
        if (at < 20 || U32(tail, at - 20) != 0x07064b50) return (begin, length, count);
        ReadOnlySpan<byte> large = _file.Read(I64(tail, at - 12), 56);
        return U32(large, 0) == 0x06064b50 ? (I64(large, 48), I64(large, 40), I64(large, 32)) : throw Broken("its 64-bit directory is missing");
    }

    /// <summary>Records the first entry of <paramref name="directory"/> and returns its length in the directory.</summary>
    private int ReadEntry(ReadOnlySpan<byte> directory)
    {
        if (directory.Length < 46 || U32(directory, 0) != 0x02014b50) throw Broken("its directory is damaged");
        int nameLength = U16(directory, 28), extraLength = U16(directory, 30), total = 46 + nameLength + extraLength + U16(directory, 32);
        if (total > directory.Length) throw Broken("its directory is damaged");
        string name = Encoding.UTF8.GetString(directory.Slice(46, nameLength));
        (long packed, long length, long header) = (U32(directory, 20), U32(directory, 24), U32(directory, 42));
        ReadLargeSizes(directory.Slice(46 + nameLength, extraLength), ref packed, ref length, ref header);
        if ((U16(directory, 8) & 1) != 0) throw Broken($"the entry '{name}' is encrypted");
        int method = U16(directory, 10);
        if (method is not (Stored or Deflated) || (method == Stored && packed != length))
            throw Broken($"the entry '{name}' is packed by the method {method}, which neither PyTorch nor TorchSharp.PyBridge uses");
        if (packed < 0 || header < 0 || length < 0 || packed > _file.Length || header > _file.Length)
            throw Broken($"the entry '{name}' lies outside the file");
        if (length > AlwaysAllowed && length / MostRatio > packed)
            throw Broken($"the entry '{name}' would unpack from {packed} bytes to {length}");
        if (!_entries.TryAdd(name, new(header, packed, length, method == Deflated))) throw Broken($"there are two entries '{name}'");
        return total;
    }

    private static void ReadLargeSizes(ReadOnlySpan<byte> extra, ref long packed, ref long length, ref long header)
    {
        while (extra.Length >= 4)
        {
            int size = U16(extra, 2);
            if (size > extra.Length - 4) return;
            if (U16(extra, 0) == 1)
            {
                ReadOnlySpan<byte> values = extra.Slice(4, size);
                Take(ref values, ref length);
                Take(ref values, ref packed);
                Take(ref values, ref header);
                return;
            }
            extra = extra[(4 + size)..];
        }

        static void Take(ref ReadOnlySpan<byte> values, ref long value)
        {
            if (value != uint.MaxValue || values.Length < sizeof(long)) return;
            value = I64(values, 0);
            values = values[sizeof(long)..];
        }
    }

    private readonly record struct Entry(long Header, long Packed, long Length, bool IsPacked);

    private WeightsFormatException Broken(string reason) => new(_file.Path, $"it is a damaged zip: {reason}.");

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static long I64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);
}
