using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>
/// The loss parts of an epoch's steps, kept on the device so that no step waits for them. One row per step: seven parts times the number of images,
/// and the number classified correctly.
/// </summary>
internal sealed class EpochLosses : IDisposable
{
    /// <summary>Values per step.</summary>
    public const int Parts = 8;

    private Tensor? _rows, _all;

    /// <summary>Steps so far.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a copy of one step's parts (8), or of several steps' (n × 8).</summary>
    /// <remarks>
    /// All rows are in one table. With a small tensor kept of each step, long epochs became slower and slower, up to a third on a CPU: such tensors probably
    /// lay between the large ones that every step frees, so that the memory these leave could not be used again as a whole.
    /// </remarks>
    public void Add(Tensor parts)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable mode = no_grad();
        Tensor added = parts.reshape(-1, Parts);
        int count = Count + (int)added.shape[0];
        if (_rows is null || _rows.shape[0] < count)
        {
            Tensor larger = zeros([Math.Max(2 * count, 1024), Parts], parts.dtype, parts.device).DetachFromDisposeScope();
            if (All() is { } all) larger.narrow(0, 0, Count).copy_(all);
            Dispose();
            _rows = larger;
        }
        _rows.narrow(0, Count, added.shape[0]).copy_(added);
        Count = count;
    }

    /// <summary>All steps (n × 8), valid until the next call of any member; null before the first step.</summary>
    public Tensor? All()
    {
        _all?.Dispose();
        return _all = Count == 0 ? null : _rows!.narrow(0, 0, Count).DetachFromDisposeScope();
    }

    /// <summary>The first step with a part that is not finite; null if all are finite.</summary>
    public int? FirstNonFinite()
    {
        if (All() is not { } all) return null;
        using var scope = NewDisposeScope();
        bool[] finite = [.. all.isfinite().all(1).cpu().data<bool>()];
        int first = Array.IndexOf(finite, false);
        return first < 0 ? null : first;
    }

    /// <summary>Means over <paramref name="images"/> images.</summary>
    public EpochMetrics Mean(int images)
    {
        if (All() is not { } all) return new(0, 0, 0, 0, 0, 0, 0, null);
        using var scope = NewDisposeScope();
        float[] mean = [.. all.sum(dim: 0).Over(images).cpu().data<float>()];
        return new(mean[0], mean[1], mean[2], mean[3], mean[4], mean[5], mean[7], null) { Concentration = mean[6] };
    }

    public void Clear() => Count = 0;

    public void Dispose()
    {
        _all?.Dispose();
        _rows?.Dispose();
        (_all, _rows) = (null, null);
    }
}
