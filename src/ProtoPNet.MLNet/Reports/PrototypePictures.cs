using System.Collections.Concurrent;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Reports;

/// <summary>The prototypes' own pictures for one page: each is decoded and encoded once, however often it is shown. Threads may share it.</summary>
internal sealed class PrototypePictures
{
    private readonly ConcurrentDictionary<int, Lazy<RgbImage?>> _decoded = new();
    private readonly ConcurrentDictionary<(int Prototype, int Side), Lazy<string?>> _encoded = new();

    /// <summary>The part that the prototype is; null where the model has no picture that can be read.</summary>
    public string? Part(Prototype prototype) => Uri(prototype, Pictures.Part);

    /// <summary>The same, smaller.</summary>
    public string? Small(Prototype prototype) => Uri(prototype, Pictures.Small);

    /// <summary>The photograph that it is a part of.</summary>
    public static string? Context(Prototype prototype) => Pictures.Uri(prototype.Source?.Thumbnail, Pictures.Context);

    private string? Uri(Prototype prototype, int side) => _encoded.GetOrAdd((prototype.Index, side), _ => new(() =>
        _decoded.GetOrAdd(prototype.Index, _ => new(() => Pictures.Decoded(prototype.Source?.Picture))).Value is { } picture
            ? Pictures.Uri(picture, side)
            : null)).Value;
}
