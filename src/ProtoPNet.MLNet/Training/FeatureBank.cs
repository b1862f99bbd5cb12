using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>
/// What frozen stages make of a fixed set of views, computed once and kept in half precision: an epoch then costs only
/// the layers that learn. A view whose features exceed the range of half precision is kept divided by a power of two.
/// </summary>
internal sealed class FeatureBank : IBatchSource, IDisposable
{
    /// <summary>The largest number of half precision.</summary>
    private const double Largest = 65504;

    private readonly Tensor _features, _labels;

    /// <summary>What the kept features of each view have been divided by.</summary>
    private readonly float[] _scales;

    private readonly int[] _images;
    private readonly ulong _seed;
    private readonly Device _device;

    private FeatureBank(
        Tensor features, Tensor labels, float[] scales, int[] images, int stages, int batchSize, ulong seed, Device device)
        => (_features, _labels, _scales, _images, StagesDone, BatchSize, _seed, _device)
            = (features, labels, scales, images, stages, batchSize, seed, device);

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
    public static FeatureBank Fill(InferenceFeatures backbone, int stages, RenderedBatches source, int epoch, ulong seed, Device device,
        Action<double> progress, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        Tensor? features = null;
        Tensor labels = empty([source.Count], ScalarType.Int64);
        var images = new int[source.Count];
        var scales = new float[source.Count];
        int done = 0;
        foreach (TrainingBatch batch in source.InOrder(epoch, cancellation))
        {
            using var step = NewDisposeScope();
            Tensor exact = backbone.Run(batch.Inputs, 0, stages);
            float[] divisors = [.. exact.abs().flatten(1).amax([1]).cpu().data<float>().ToArray().Select(Divisor)];
            Tensor made = (exact / Column(divisors, exact.device)).to(ScalarType.Float16).cpu();
            divisors.CopyTo(scales, done);
            features ??= empty([source.Count, .. made.shape[1..]], ScalarType.Float16).MoveToOuterDisposeScope();
            features.narrow(0, done, made.shape[0]).copy_(made);
            labels.narrow(0, done, made.shape[0]).copy_(batch.Labels);
            batch.Images.Span.CopyTo(images.AsSpan(done));
            done += batch.Images.Length;
            progress((double)done / source.Count);
        }
        return new(features!.DetachFromDisposeScope(), labels.DetachFromDisposeScope(), scales, images, stages, source.BatchSize, seed, device);
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
                Tensor features = _features.index_select(0, index).to(ScalarType.Float32).to(_device);
                return (features * Column([.. rows.Select(r => _scales[r])], _device), _labels.index_select(0, index).to(_device));
            }, rows.Select(r => _images[r]).ToArray());
            yield return batch;
        }
    }

    /// <summary>A power of two, 1 where the largest of a view's features fits as it is. Infinity and NaN stay what they are.</summary>
    private static float Divisor(float largest)
        => largest > Largest && float.IsFinite(largest) ? MathF.ScaleB(1, MathF.ILogB(largest) - 14) : 1;

    private static Tensor Column(float[] numbers, Device device) => tensor(numbers, device: device).reshape(-1, 1, 1, 1);

    public IReadOnlyList<int> ImagesOf(int epoch, int batch) => [.. Order(epoch).Skip(batch * BatchSize).Take(BatchSize).Select(r => _images[r])];

    private int[] Order(int epoch) => new DeterministicRandom(ViewSeed.Of(_seed, epoch, -1, 0)).Permutation(Count);

    public void Dispose()
    {
        _features.Dispose();
        _labels.Dispose();
    }
}
