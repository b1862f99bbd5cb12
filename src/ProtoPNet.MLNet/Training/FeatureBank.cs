using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>
/// The features that frozen stages compute from a fixed set of views, computed once and kept in half precision: an epoch then costs only the layers
/// that learn. Features that exceed the range of half precision are divided by a power of two per view.
/// </summary>
internal sealed class FeatureBank : IBatchSource, IDisposable
{
    /// <summary>The largest number of half precision.</summary>
    private const double Largest = 65504;

    private readonly Views _kept;
    private readonly ulong _seed;
    private readonly Device _device;

    private FeatureBank(Views kept, int stages, int batchSize, ulong seed, Device device)
        => (_kept, StagesDone, BatchSize, _seed, _device) = (kept, stages, batchSize, seed, device);

    public int StagesDone { get; }

    public int Count => _kept.Images.Length;

    public int BatchSize { get; }

    /// <summary>The size in bytes of the features of <paramref name="views"/> views after <paramref name="stages"/> stages.</summary>
    public static long Size(ProtoPNetNetwork network, int stages, long views)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        int size = network.Architecture.ImageSize;
        Tensor probe = network.Features.Run(zeros([1, 3, size, size], device: network.PrototypeVectors.device), 0, stages);
        return probe.numel() * sizeof(ushort) * views;
    }

    /// <summary>Runs frozen stages over every view of an epoch.</summary>
    /// <param name="context">The inputs of training.</param>
    /// <param name="frozen">The stages.</param>
    /// <param name="source">The views.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="progress">Receives the fraction done, from 0 to 1.</param>
    public static FeatureBank Fill(TrainingContext context, FrozenStages frozen, RenderedBatches source, int epoch, Action<double> progress)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        Tensor? features = null;
        Tensor labels = empty([source.Count], ScalarType.Int64);
        var images = new int[source.Count];
        var scales = new float[source.Count];
        int done = 0;
        foreach (TrainingBatch batch in source.InOrder(epoch, context.Cancellation))
        {
            using var step = NewDisposeScope();
            Tensor exact = frozen.Of(batch.Inputs);
            float[] divisors = [.. exact.abs().flatten(1).amax([1]).cpu().data<float>().ToArray().Select(Divisor)];
            Tensor made = (exact / Column(divisors, exact.device)).to(ScalarType.Float16).cpu();
            divisors.CopyTo(scales, done);
            features ??= empty([source.Count, .. made.shape[1..]], ScalarType.Float16).MoveToOuterDisposeScope();
            features.narrow(0, done, made.shape[0]).copy_(made);
            labels.narrow(0, done, made.shape[0]).copy_(batch.Labels);
            batch.Images.Span.CopyTo(images.AsSpan(done));
            done += batch.Images.Length;
            context.CheckAlive();
            progress((double)done / source.Count);
        }
        return new(
            new(features!.DetachFromDisposeScope(), labels.DetachFromDisposeScope(), scales, images), frozen.Count, source.BatchSize,
            context.Seed, context.Device);
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
                Tensor features = _kept.Features.index_select(0, index).to(ScalarType.Float32).to(_device);
                return (features * Column([.. rows.Select(r => _kept.Scales[r])], _device), _kept.Labels.index_select(0, index).to(_device));
            }, rows.Select(r => _kept.Images[r]).ToArray());
            yield return batch;
        }
    }

    /// <summary>A power of two, 1 if the view's largest feature fits unscaled. Infinity and NaN are kept as they are.</summary>
    private static float Divisor(float largest)
        => largest > Largest && float.IsFinite(largest) ? MathF.ScaleB(1, MathF.ILogB(largest) - 14) : 1;

    private static Tensor Column(float[] numbers, Device device) => tensor(numbers, device: device).reshape(-1, 1, 1, 1);

    public IReadOnlyList<int> ImagesOf(int epoch, int batch) => [.. Order(epoch).Skip(batch * BatchSize).Take(BatchSize).Select(r => _kept.Images[r])];

    private int[] Order(int epoch) => new DeterministicRandom(ViewSeed.Of(_seed, epoch, -1, 0)).Permutation(Count);

    public void Dispose()
    {
        _kept.Features.Dispose();
        _kept.Labels.Dispose();
    }

    /// <summary>The kept features of N views.</summary>
    /// <param name="Features">N × C × H × W, in half precision.</param>
    /// <param name="Labels">Their classes.</param>
    /// <param name="Scales">The divisor of each view's features.</param>
    /// <param name="Images">Their images.</param>
    private sealed record Views(Tensor Features, Tensor Labels, float[] Scales, int[] Images);
}

/// <summary>The frozen leading stages of a backbone.</summary>
internal readonly record struct FrozenStages(InferenceFeatures Backbone, int Count)
{
    public Tensor Of(Tensor images) => Backbone.Run(images, 0, Count);
}
