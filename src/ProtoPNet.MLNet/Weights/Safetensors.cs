using ProtoPNet.MLNet.Files;
using TorchSharp;

namespace ProtoPNet.MLNet.Weights;

/// <summary>The safetensors format in streams: entries of a model zip, exported files.</summary>
internal static class Safetensors
{
    /// <summary>
    /// Writes tensors one by one; only tensors that are not contiguous or not on the CPU are copied first. Larger element types come first,
    /// otherwise the order is kept.
    /// </summary>
    public static void Write(
        Stream stream, IEnumerable<(string Name, torch.Tensor Tensor)> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        (TensorInfo Info, torch.Tensor Tensor)[] ordered =
            [.. tensors.Select(t => (Info: new TensorInfo(t.Name, t.Tensor.dtype, t.Tensor.shape), t.Tensor))
                .OrderByDescending(t => SafetensorsHeader.ElementSize(t.Info))];
        if (ordered.CountBy(t => t.Info.Name).FirstOrDefault(n => n.Value > 1).Key is { } twice)
            throw new ArgumentException($"There are two tensors named '{twice}'.", nameof(tensors));

        stream.Write(SafetensorsHeader.Format(ordered.Select(t => t.Info), metadata));
        foreach ((_, torch.Tensor tensor) in ordered) TensorBytes.Write(tensor, stream);
    }

    /// <summary>Writes a file atomically, so that the path never holds a partial file.</summary>
    public static void Write(
        string path, IEnumerable<(string Name, torch.Tensor Tensor)> tensors, IReadOnlyDictionary<string, string>? metadata = null)
        => WholeFile.Write(path, stream => Write(stream, tensors, metadata));

    /// <summary>
    /// Reads tensors one by one, to be disposed of by the caller. The complete header is checked before the first tensor is allocated,
    /// the end of the stream after the last one.
    /// </summary>
    /// <param name="stream">A stream, not necessarily seekable, such as a zip entry.</param>
    /// <param name="origin">The name of the stream in messages.</param>
    /// <param name="accept">Called once with the table of contents before anything is allocated; may throw to reject it.</param>
    /// <exception cref="WeightsFormatException">The stream is damaged or truncated.</exception>
    public static IEnumerable<(string Name, torch.Tensor Tensor)> Read(Stream stream, string origin, Action<IReadOnlyList<TensorInfo>>? accept = null)
    {
        byte[] first = new byte[sizeof(ulong)];
        ReadExactly(stream, first, origin);
        SafetensorsHeader header = SafetensorsHeader.Parse(ReadHeader(stream, SafetensorsHeader.Length(first, origin), origin), origin);
        accept?.Invoke([.. header.Entries.Select(e => e.Info)]);
        foreach (SafetensorsHeader.Entry entry in header.Entries)
            yield return (entry.Info.Name, TensorBytes.Create(entry.Info.Shape, entry.Info.Type, (_, bytes) => ReadExactly(stream, bytes, origin)));
        if (stream.ReadByte() >= 0) throw new WeightsFormatException(origin, "there are bytes after the last tensor.");
    }

    /// <summary>Grows with the data actually received, not with the claimed length.</summary>
    private static byte[] ReadHeader(Stream stream, int length, string origin)
    {
        byte[] header = [];
        while (header.Length < length)
        {
            int start = header.Length;
            Array.Resize(ref header, Math.Min(length, Math.Max(1 << 16, 2 * start)));
            ReadExactly(stream, header.AsSpan(start), origin);
        }
        return header;
    }

    private static void ReadExactly(Stream stream, Span<byte> bytes, string origin)
    {
        try
        {
            stream.ReadExactly(bytes);
        }
        catch (Exception e) when (e is EndOfStreamException or InvalidDataException)
        {
            throw new WeightsFormatException(origin, "it ends too early: it is truncated or damaged.", e);
        }
    }
}
