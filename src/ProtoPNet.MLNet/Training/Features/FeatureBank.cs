using System.Runtime.InteropServices;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training.Features;

/// <summary>
/// The features that frozen stages compute from a fixed list of views. They are computed once and kept where there is room; the others are computed
/// again whenever they are needed. The numbers are the same in either case.
/// </summary>
/// <param name="context">The inputs of training.</param>
/// <param name="wanted">The views, by row.</param>
/// <param name="frozen">The stages.</param>
/// <param name="store">The place for them; disposed of with the bank.</param>
/// <param name="pipeline">Renders views.</param>
internal sealed class FeatureBank(
    TrainingContext context, WantedFeatures wanted, FrozenStages frozen, RowStore store, BatchPipeline pipeline) : IDisposable
{
    /// <summary>The number of backbone stages applied to the views.</summary>
    public int StagesDone => frozen.Count;

    /// <summary>Views in the bank.</summary>
    public int Count => wanted.Views.Length;

    /// <summary>Which features of these rows are not kept, why, and what to do; null if all are. Known once they are filled.</summary>
    public string? Shortage(IReadOnlyList<int> rows)
    {
        int missing = rows.Count(row => !store.Has(row));
        if (missing == 0) return null;
        string why = store.Failure is { } failure
            ? $"their file could not be written ({failure.TrimEnd('.')})."
            : $"all {Count} take {Megabytes((long)Count * store.RowBytes)} MiB, and there is room for "
                + $"{Megabytes((long)store.Capacity * store.RowBytes)}.";
        return $"the features of {missing} of {rows.Count} views are not kept but computed again in every epoch, because {why} "
            + "Allow more memory (FeatureCacheMB) or disk (FeatureDiskMB), or free some space, to make training faster; its result is the same.";
    }

    public int ImageOf(int row) => wanted.Views[row].Image;

    /// <summary>Computes the features of these rows that have a place and are not there yet.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="progress">Receives the fraction done, from 0 to 1.</param>
    public void Fill(IEnumerable<int> rows, Action<double> progress)
    {
        int[] missing = [.. rows.Where(row => row < store.Capacity && !store.Has(row))];
        int done = 0;
        foreach (byte[] _ in Compute(missing))
        {
            context.CheckAlive();
            progress((double)++done / missing.Length);
            if (store.Failure is not null) break;
        }
    }

    /// <summary>
    /// The features (N × C × H × W) of some views in batches, which the caller disposes of. Kept ones are read ahead on another thread.
    /// </summary>
    public IEnumerable<Tensor> Read(IReadOnlyList<int> rows, int batchSize)
    {
        (int Row, bool Kept)[] order = [.. rows.Select(row => (row, store.Has(row)))];
        (int Row, bool Kept)[][] batches = [.. order.Chunk(batchSize)];
        using IEnumerator<byte[]> computed = Compute([.. order.Where(w => !w.Kept).Select(w => w.Row)]).GetEnumerator();
        int next = 0;
        foreach (Tensor batch in ReadAhead.Of(Kept(batches), context.Cancellation))
        {
            using (batch)
            {
                Complete(batch, batches[next++], computed);
                yield return batch.device.Equals(context.Device) ? batch.alias() : batch.to(context.Device);
            }
        }
    }

    public void Dispose() => store.Dispose();

    /// <summary>Batches with the kept features in place.</summary>
    private IEnumerable<Tensor> Kept((int Row, bool Kept)[][] batches)
    {
        byte[] buffer = new byte[store.RowBytes];
        foreach ((int Row, bool Kept)[] batch in batches)
        {
            Tensor made = empty([batch.Length, .. frozen.Shape], ScalarType.Float32);
            for (int n = 0; n < batch.Length; n++)
                if (batch[n].Kept) wanted.Code.Decode(store.Get(batch[n].Row, buffer), View(made, n));
            yield return made;
        }
    }

    private void Complete(Tensor made, (int Row, bool Kept)[] batch, IEnumerator<byte[]> computed)
    {
        for (int n = 0; n < batch.Length; n++)
        {
            if (batch[n].Kept) continue;
            computed.MoveNext();
            wanted.Code.Decode(computed.Current, View(made, n));
        }
    }

    /// <summary>In MiB, rounded up so that a limit of that size is enough.</summary>
    private static long Megabytes(long bytes) => (bytes + (1 << 20) - 1) >> 20;

    private static Span<float> View(Tensor batch, int n)
    {
        Span<float> all = MemoryMarshal.Cast<byte, float>(batch.bytes);
        int length = all.Length / (int)batch.shape[0];
        return all.Slice(n * length, length);
    }

    /// <summary>Renders views and computes their rows, keeping those that have a place.</summary>
    private IEnumerable<byte[]> Compute(int[] rows)
    {
        if (rows.Length == 0) yield break;
        foreach (ImageBatch batch in pipeline.Run([.. rows.Select(row => wanted.Views[row])], context.Cancellation))
        {
            byte[][] made = Encoded(batch);
            for (int n = 0; n < made.Length; n++)
            {
                store.Put(rows[batch.First + n], made[n]);
                yield return made[n];
            }
        }
    }

    private byte[][] Encoded(ImageBatch batch)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable mode = no_grad();
        return wanted.Code.Encode(frozen.Of(InputTensor.On(context.Device, batch.Pixels, batch.Count, pipeline.Size)));
    }
}
