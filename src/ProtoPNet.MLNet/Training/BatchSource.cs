using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>The input of one step.</summary>
/// <param name="Inputs">Images (N × 3 × S × S), or their features after the first stages (N × C × H × W).</param>
/// <param name="Labels">The N class indices.</param>
/// <param name="Images">Indices of the N images.</param>
internal sealed record TrainingBatch(Tensor Inputs, Tensor Labels, ReadOnlyMemory<int> Images) : IDisposable
{
    /// <summary>Creates a batch that outlives its dispose scope: scopes must not stay open across an iterator's yield.</summary>
    public static TrainingBatch Detached(Func<(Tensor Inputs, Tensor Labels)> make, ReadOnlyMemory<int> images)
    {
        using var scope = NewDisposeScope();
        (Tensor inputs, Tensor labels) = make();
        return new(inputs.DetachFromDisposeScope(), labels.DetachFromDisposeScope(), images);
    }

    public void Dispose()
    {
        Inputs.Dispose();
        Labels.Dispose();
    }
}

/// <summary>Supplies the batches of an epoch, in an order that depends only on the seed and the epoch.</summary>
internal interface IBatchSource
{
    /// <summary>The number of backbone stages already applied to the inputs.</summary>
    int StagesDone { get; }

    /// <summary>Views in an epoch.</summary>
    int Count { get; }

    /// <summary>Views in a batch; the last one may be short.</summary>
    int BatchSize { get; }

    /// <summary>The batches from index <paramref name="first"/>. A batch's tensors live until the next batch is requested.</summary>
    IEnumerable<TrainingBatch> Epoch(int epoch, CancellationToken cancellation, int first = 0);

    /// <summary>The same views in the order of their images.</summary>
    IEnumerable<TrainingBatch> InOrder(int epoch, CancellationToken cancellation);

    /// <summary>Indices of the images of one of the epoch's batches.</summary>
    IReadOnlyList<int> ImagesOf(int epoch, int batch);
}

/// <summary>Which views to render.</summary>
/// <param name="Images">Indices of the images.</param>
/// <param name="Views">Views per image.</param>
/// <param name="BatchSize">Views per batch.</param>
/// <param name="Augmentation">How a view is made.</param>
internal sealed record ViewPlan(int[] Images, int Views, int BatchSize, Augmentation Augmentation);

/// <summary>Fresh augmented views in every epoch, rendered ahead on worker threads.</summary>
internal sealed class RenderedBatches(TrainingContext context, ViewPlan plan, Func<int, BatchPipeline> pipelines) : IBatchSource
{
    /// <summary>Views per batch outside gradient steps; larger batches would only take more memory.</summary>
    public const int InOrderBatch = 32;

    public int StagesDone => 0;

    public int Count => plan.Images.Length * plan.Views;

    public int BatchSize => plan.BatchSize;

    public IEnumerable<TrainingBatch> Epoch(int epoch, CancellationToken cancellation, int first = 0)
        => Render(Shuffled(epoch)[Math.Min(first * BatchSize, Count)..], pipelines(BatchSize), cancellation);

    public IReadOnlyList<int> ImagesOf(int epoch, int batch) => [.. Shuffled(epoch).Skip(batch * BatchSize).Take(BatchSize).Select(r => r.Image)];

    /// <summary>The same views in image order, in batches of <see cref="InOrderBatch"/>.</summary>
    public IEnumerable<TrainingBatch> InOrder(int epoch, CancellationToken cancellation)
        => Render(Requests(epoch), pipelines(Math.Min(BatchSize, InOrderBatch)), cancellation);

    /// <summary>The views of an epoch, in the order of their images.</summary>
    public ViewRequest[] Requests(int epoch) => [.. Sampled(epoch)];

    private ViewRequest[] Shuffled(int epoch)
    {
        ViewRequest[] requests = Requests(epoch);
        new DeterministicRandom(ViewSeed.Of(context.Seed, epoch, -1, 0)).Shuffle<ViewRequest>(requests);
        return requests;
    }

    private IEnumerable<ViewRequest> Sampled(int epoch)
    {
        foreach (int image in plan.Images)
        {
            (int width, int height) = context.Images.Pixels.SizeOf(image);
            for (int view = 0; view < plan.Views; view++)
                yield return new(image, plan.Augmentation.Sample(ViewSeed.Of(context.Seed, epoch, image, view), (double)width / height));
        }
    }

    private IEnumerable<TrainingBatch> Render(IReadOnlyList<ViewRequest> requests, BatchPipeline pipeline, CancellationToken cancellation)
    {
        foreach (ImageBatch batch in pipeline.Run(requests, cancellation))
        {
            using TrainingBatch made = TrainingBatch.Detached(() => (
                InputTensor.On(context.Device, batch.Pixels, batch.Count, pipeline.Size),
                tensor(batch.Indices.Take(batch.Count).Select(i => (long)context.Images[i].Label).ToArray(), device: context.Device)),
                batch.Indices.AsMemory(0, batch.Count));
            yield return made;
        }
    }
}
