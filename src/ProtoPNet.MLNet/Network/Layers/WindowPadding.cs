using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Layers;

/// <summary>
/// libtorch pads both ends of an axis equally. If more padding is needed after than before, and windows reach it, the map is padded beforehand.
/// </summary>
internal readonly struct WindowPadding : IDisposable
{
    private readonly Tensor? _own;

    private WindowPadding(Tensor map, Tensor? own, long rows, long columns) => (Map, _own, Left) = (map, own, [rows, columns]);

    /// <summary>The map to apply the windows to.</summary>
    public Tensor Map { get; }

    /// <summary>The remaining padding for libtorch to add at both ends of rows and columns.</summary>
    public long[] Left { get; }

    /// <summary>Pads N × C × H × W with <paramref name="value"/> if libtorch's own padding would give a different number of positions.</summary>
    public static WindowPadding Of(Tensor map, Window rows, Window columns, double value)
    {
        if (IsAlike(rows, map.shape[2]) && IsAlike(columns, map.shape[3])) return new(map, null, rows.Before, columns.Before);
        Tensor own = nn.functional.pad(map, [columns.Before, columns.After, rows.Before, rows.After], PaddingModes.Constant, value);
        return new(own, own, 0, 0);
    }

    public void Dispose() => _own?.Dispose();

    /// <summary>Whether equal padding at both ends gives the same window positions.</summary>
    private static bool IsAlike(Window window, long cells)
        => window.Before <= window.Extent / 2 && (window.Before == window.After
            || (window.Before > window.After && (window with { After = window.Before }).Places(cells) == window.Places(cells)));
}
