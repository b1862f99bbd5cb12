using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>
/// What frozen stages make of a fixed set of views, computed once and kept in half precision: an epoch then costs only
/// the layers that learn.
/// </summary>
internal sealed class FeatureBank : IBatchSource, IDisposable
{
    private readonly Tensor _features, _labels;
    private readonly int[] _images;
    private readonly ulong _seed;
    private readonly Device _device;

    private FeatureBank(Tensor features, Tensor labels, int[] images, int stages, int batchSize, ulong seed, Device device)
        => (_features, _labels, _images, StagesDone, BatchSize, _seed, _device) = (features, labels, images, stages, batchSize, seed, device);

    public int StagesDone { get; }

    public int Count => _images.Length;

    public int BatchSize { get; }

    /// <summary>Bytes that the features of <paramref name="views"/> views take after <paramref name="stages"/> stages.</summary>
    public static long Size(ProtoPNetNetwork network, int stages, long views)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        int size = network.Architecture.ImageSize;
        Tensor probe = network.Features.Run(zeros([1, 3, size, size], device: network.PrototypeVectors.device), 0, stages);
        return probe.numel() * sizeof(ushort) * views;
    }

    /// <summary>Runs the first <paramref name="stages"/> stages over every view of <paramref name="source"/>.</summary>
    public static FeatureBank Fill(TrainingContext context, InferenceFeatures backbone, int stages, RenderedBatches source, int epoch)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        Tensor? features = null;
        Tensor labels = empty([source.Count], ScalarType.Int64);
        var images = new int[source.Count];
        int done = 0;
        foreach (TrainingBatch batch in source.InOrder(epoch, context.Cancellation))
        {
            using var step = NewDisposeScope();
            Tensor made = backbone.Run(batch.Inputs, 0, stages).to(ScalarType.Float16).cpu();
            features ??= empty([source.Count, .. made.shape[1..]], ScalarType.Float16).MoveToOuterDisposeScope();
            features.narrow(0, done, made.shape[0]).copy_(made);
            labels.narrow(0, done, made.shape[0]).copy_(batch.Labels);
            batch.Images.Span.CopyTo(images.AsSpan(done));
            done += batch.Images.Length;
            context.CheckAlive();
        }
        return new(features!.DetachFromDisposeScope(), labels.DetachFromDisposeScope(), images, stages, source.BatchSize, context.Seed, context.Device);
    }

    public IEnumerable<TrainingBatch> Epoch(int epoch, CancellationToken cancellation, int first = 0)
    {
        int[] order = Order(epoch);
        for (int start = first * BatchSize; start < order.Length; start += BatchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            long[] rows = [.. order.Skip(start).Take(BatchSize).Select(r => (long)r)];
            using TrainingBatch batch = TrainingBatch.Detached(() =>
            {
                Tensor index = tensor(rows);
                return (_features.index_select(0, index).to(ScalarType.Float32).to(_device), _labels.index_select(0, index).to(_device));
            }, rows.Select(r => _images[r]).ToArray());
            yield return batch;
        }
    }

    public IReadOnlyList<int> ImagesOf(int epoch, int batch) => [.. Order(epoch).Skip(batch * BatchSize).Take(BatchSize).Select(r => _images[r])];

    private int[] Order(int epoch) => new DeterministicRandom(ViewSeed.Of(_seed, epoch, -1, 0)).Permutation(Count);

    public void Dispose()
    {
        _features.Dispose();
        _labels.Dispose();
    }
}
