using System.IO.Compression;

namespace ProtoPNet.MLNet.Weights;

/// <summary>A range of a file: plain bytes, or bytes packed by deflate.</summary>
/// <param name="File">The file.</param>
/// <param name="Begin">The offset of the first byte in the file.</param>
/// <param name="Length">The number of bytes, unpacked.</param>
/// <param name="Packed">Their number in the file if they are packed; null if they are plain.</param>
internal sealed record StoredBytes(MappedFile File, long Begin, long Length, long? Packed = null)
{
    /// <summary>Reads from byte <paramref name="first"/> on; offsets must rise without gaps.</summary>
    /// <exception cref="WeightsFormatException">The bytes are damaged.</exception>
    public T Read<T>(long first, Func<TensorBytes.SpanReader, T> use)
    {
        if (Packed is null) return use((offset, bytes) => File.Read(Begin + first + offset, bytes));
        using Stream stream = Unpacked();
        byte[] skipped = new byte[Math.Min(first, 1 << 16)];
        for (long left = first; left > 0; left -= skipped.Length) Fill(stream, skipped.AsSpan(0, (int)Math.Min(left, skipped.Length)));
        return use((_, bytes) => Fill(stream, bytes));
    }

    /// <summary>All of them. Memory grows with what is there, not with what is claimed.</summary>
    /// <exception cref="WeightsFormatException">The bytes are damaged.</exception>
    public byte[] ReadAll()
    {
        if (Packed is null) return File.Read(Begin, checked((int)Length));
        using Stream stream = Unpacked();
        using var all = new MemoryStream();
        byte[] part = new byte[1 << 14];
        for (long left = Length; left > 0; left -= part.Length)
        {
            Span<byte> next = part.AsSpan(0, (int)Math.Min(left, part.Length));
            Fill(stream, next);
            all.Write(next);
        }
        return all.ToArray();
    }

    private DeflateStream Unpacked() => new(File.Open(Begin, Packed!.Value), CompressionMode.Decompress);

    private void Fill(Stream stream, Span<byte> bytes)
    {
        try
        {
            stream.ReadExactly(bytes);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new WeightsFormatException(File.Path, "its packed data are truncated or damaged.", e);
        }
    }
}
