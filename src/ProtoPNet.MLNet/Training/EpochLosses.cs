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

    private readonly List<Tensor> _rows = [];

    /// <summary>Steps so far.</summary>
    public int Count { get; private set; }

    /// <summary>Takes ownership of one step's parts (8), or of several steps' (n × 8).</summary>
    public void Add(Tensor parts)
    {
        Tensor rows = parts.reshape(-1, Parts).DetachFromDisposeScope();
        _rows.Add(rows);
        Count += (int)rows.shape[0];
    }

    /// <summary>All steps (n × 8), valid until the next call of any member; null before the first step.</summary>
    public Tensor? All()
    {
        if (_rows.Count > 1)
        {
            Tensor all = cat(_rows).DetachFromDisposeScope();
            foreach (Tensor rows in _rows) rows.Dispose();
            _rows.Clear();
            _rows.Add(all);
        }
        return _rows.Count == 0 ? null : _rows[0];
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

    public void Clear()
    {
        foreach (Tensor rows in _rows) rows.Dispose();
        _rows.Clear();
        Count = 0;
    }

    public void Dispose() => Clear();
}
