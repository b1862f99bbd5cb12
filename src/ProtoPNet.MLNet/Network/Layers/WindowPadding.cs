using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Layers;

/// <summary>
/// libtorch pads both ends of an axis alike. Where more is wanted after than before, or windows would reach it, a map is padded beforehand.
/// </summary>
internal readonly struct WindowPadding : IDisposable
{
    private readonly Tensor? _own;

    private WindowPadding(Tensor map, Tensor? own, long rows, long columns) => (Map, _own, Left) = (map, own, [rows, columns]);

    /// <summary>The map to slide over.</summary>
    public Tensor Map { get; }

    /// <summary>The padding that is still to be added at both ends of rows and columns.</summary>
    public long[] Left { get; }

    /// <summary>Pads N × C × H × W with <paramref name="value"/> where libtorch's own padding would give another number of places.</summary>
    public static WindowPadding Of(Tensor map, Window rows, Window columns, double value)
    {
        if (IsAlike(rows, map.shape[2]) && IsAlike(columns, map.shape[3])) return new(map, null, rows.Before, columns.Before);
        Tensor own = nn.functional.pad(map, [columns.Before, columns.After, rows.Before, rows.After], PaddingModes.Constant, value);
        return new(own, own, 0, 0);
    }

    public void Dispose() => _own?.Dispose();

    /// <summary>Whether as much padding after as before gives windows the same places.</summary>
    private static bool IsAlike(Window window, long cells)
        => window.Before <= window.Extent / 2 && (window.Before == window.After
            || (window.Before > window.After && (window with { After = window.Before }).Places(cells) == window.Places(cells)));
}
