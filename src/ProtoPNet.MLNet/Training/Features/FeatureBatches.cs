using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Randomness;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training.Features;

/// <summary>Some views of a bank as batches: the same views in every epoch, in another order.</summary>
/// <param name="context">The inputs of training.</param>
/// <param name="bank">The bank.</param>
/// <param name="rows">The views' rows in the bank.</param>
/// <param name="batchSize">Views in a batch.</param>
internal sealed class FeatureBatches(TrainingContext context, FeatureBank bank, int[] rows, int batchSize) : IBatchSource
{
    public int StagesDone => bank.StagesDone;

    public int Count => rows.Length;

    public int BatchSize => batchSize;

    public IEnumerable<TrainingBatch> Epoch(int epoch, CancellationToken cancellation, int first = 0)
        => Read(Shuffled(epoch)[Math.Min(first * BatchSize, Count)..], cancellation);

    public IEnumerable<TrainingBatch> InOrder(int epoch, CancellationToken cancellation) => Read(rows, cancellation);

    /// <summary>Computes what is not kept yet, as far as there is room.</summary>
    /// <param name="progress">Receives the fraction done, from 0 to 1.</param>
    /// <returns>What is not kept, why, and what to do; null if all is.</returns>
    public string? Fill(Action<double> progress)
    {
        bank.Fill(rows, progress);
        return bank.Shortage(rows);
    }

    public IReadOnlyList<int> ImagesOf(int epoch, int batch) => [.. Shuffled(epoch).Skip(batch * BatchSize).Take(BatchSize).Select(bank.ImageOf)];

    private int[] Shuffled(int epoch)
    {
        int[] order = [.. rows];
        new DeterministicRandom(ViewSeed.Of(context.Seed, epoch, -1, 0)).Shuffle<int>(order);
        return order;
    }

    private IEnumerable<TrainingBatch> Read(int[] order, CancellationToken cancellation)
    {
        int done = 0;
        foreach (Tensor features in bank.Read(order, BatchSize))
        {
            using (features)
            {
                cancellation.ThrowIfCancellationRequested();
                int[] images = [.. order.Skip(done).Take(BatchSize).Select(bank.ImageOf)];
                done += images.Length;
                using TrainingBatch batch = TrainingBatch.Detached(
                    () => (features.alias(), tensor(images.Select(i => (long)context.Images[i].Label).ToArray(), device: context.Device)), images);
                yield return batch;
            }
        }
    }
}
