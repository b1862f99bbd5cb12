using System.Collections.Concurrent;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Reports;

/// <summary>The prototypes' own pictures for one page, each decoded and encoded once. Thread-safe.</summary>
internal sealed class PrototypePictures
{
    private readonly ConcurrentDictionary<int, Lazy<RgbImage?>> _decoded = new();
    private readonly ConcurrentDictionary<(int Prototype, int Side), Lazy<string?>> _encoded = new();

    /// <summary>The prototype's part; null if the model has no readable picture.</summary>
    public string? Part(Prototype prototype) => Uri(prototype, Pictures.Part);

    /// <summary>The same, smaller.</summary>
    public string? Small(Prototype prototype) => Uri(prototype, Pictures.Small);

    /// <summary>Its photograph.</summary>
    public static string? Context(Prototype prototype) => Pictures.Uri(prototype.Source?.Thumbnail, Pictures.Context);

    private string? Uri(Prototype prototype, int side) => _encoded.GetOrAdd((prototype.Index, side), _ => new(() =>
        _decoded.GetOrAdd(prototype.Index, _ => new(() => Pictures.Decoded(prototype.Source?.Picture))).Value is { } picture
            ? Pictures.Uri(picture, side)
            : null)).Value;
}
