using System.Security.Cryptography;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Reports;

namespace ProtoPNet.Serve;

/// <summary>A photograph that somebody uploaded.</summary>
/// <param name="Id">The hash of its bytes: the same photograph has the same link.</param>
/// <param name="Name">What the sender called it.</param>
/// <param name="Bytes">The file.</param>
/// <param name="Thumbnail">A small JPEG.</param>
internal sealed record KeptPhotograph(string Id, string Name, ReadOnlyMemory<byte> Bytes, ReadOnlyMemory<byte> Thumbnail)
{
    /// <param name="upload">The file.</param>
    /// <param name="decoded">Its pixels.</param>
    public static KeptPhotograph Of(Upload upload, RgbImage decoded) => new(
        Convert.ToHexStringLower(SHA256.HashData(upload.Bytes.Span)[..16]), upload.Name, upload.Bytes,
        ImageCodec.EncodeJpeg(Pictures.Shrink(decoded, Pictures.Context), 75));
}

/// <summary>The latest uploads, in memory: what their links lead to. Thread-safe.</summary>
internal sealed class KeptPhotographs(ServerLimits limits)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<KeptPhotograph> _latest = [];
    private long _bytes;

    /// <summary>The latest photographs, the newest first.</summary>
    public IReadOnlyList<KeptPhotograph> Latest(int count)
    {
        lock (_gate) return [.. _latest.Take(count)];
    }

    /// <summary>The photograph of a link; null if it is not here any more, or never was.</summary>
    public KeptPhotograph? Find(string id)
    {
        lock (_gate) return _latest.FirstOrDefault(kept => kept.Id == id);
    }

    /// <summary>Keeps a photograph; the oldest leave as far as limits demand.</summary>
    public void Add(KeptPhotograph photograph)
    {
        lock (_gate)
        {
            if (_latest.FirstOrDefault(kept => kept.Id == photograph.Id) is { } earlier) Remove(earlier);
            _latest.AddFirst(photograph);
            _bytes += Size(photograph);
            while (_latest.Count > 1 && (_latest.Count > limits.KeptPhotographs || _bytes > limits.KeptBytes)) Remove(_latest.Last!.Value);
        }
    }

    private void Remove(KeptPhotograph photograph)
    {
        _latest.Remove(photograph);
        _bytes -= Size(photograph);
    }

    private static long Size(KeptPhotograph photograph) => photograph.Bytes.Length + photograph.Thumbnail.Length;
}
