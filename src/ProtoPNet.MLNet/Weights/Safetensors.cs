using ProtoPNet.MLNet.Files;
using TorchSharp;

namespace ProtoPNet.MLNet.Weights;

/// <summary>The safetensors format in streams: entries of a model's zip, exported files.</summary>
internal static class Safetensors
{
    /// <summary>
    /// Writes tensors one after the other; only one that is not contiguous, or not on the CPU, is copied first. Larger element types come first,
    /// otherwise the order stays.
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

    /// <summary>Writes a file aside and renames it, so that there is never half a file of that name.</summary>
    public static void Write(
        string path, IEnumerable<(string Name, torch.Tensor Tensor)> tensors, IReadOnlyDictionary<string, string>? metadata = null)
        => WholeFile.Write(path, stream => Write(stream, tensors, metadata));

    /// <summary>
    /// Reads tensors one by one as they come, to be disposed of by the caller. The header is checked whole before the first tensor is allocated,
    /// the stream's end after the last one.
    /// </summary>
    /// <param name="stream">A stream that need not seek, such as an entry of a zip.</param>
    /// <param name="origin">What messages call it.</param>
    /// <param name="accept">Called once with the table of contents before anything is allocated; refuses by throwing.</param>
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

    /// <summary>Grows with what really comes, not with what the length claims.</summary>
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
