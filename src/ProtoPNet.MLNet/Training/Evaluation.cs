using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Training.Features;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>Accuracy and losses on held-out images; null if there are none.</summary>
internal readonly record struct HeldOutFigures(double? Accuracy, double? Loss, double? CrossEntropy)
{
    public EpochMetrics In(EpochMetrics metrics)
        => metrics with { ValidationAccuracy = Accuracy, ValidationLoss = Loss, ValidationCrossEntropy = CrossEntropy };
}

/// <summary>Forward passes over images in evaluation mode.</summary>
internal sealed class Evaluation(TrainingContext context, TrainingState state, TrainingViews views, FeatureKeeper keeper) : IDisposable
{
    /// <summary>Views shared by phases are seeded like those of an epoch before the first.</summary>
    private const int SharedEpoch = -1;

    private InferenceFeatures? _features;
    private FeatureBank? _whole, _views;

    /// <summary>A fast copy of the backbone in its current state, made on first use.</summary>
    public InferenceFeatures Features => _features ??= new(state.Network, context.Note);

    /// <summary>The features of whole photographs, unaugmented, each computed once as long as the backbone stands still.</summary>
    public FeatureBatches Whole(int[] images)
    {
        bool moving = state.Running is not null && context.Schedule.Phases[state.Ended.Count] is Joint;
        _whole ??= keeper.Bank(
            state.Network, Features, state.Network.Features.StageCount,
            new(views.Whole([.. Enumerable.Range(0, context.Images.Count)]).Requests(0), FeatureCode.Exact) { Later = !moving });
        return new(context, _whole, images, RenderedBatches.InOrderBatch);
    }

    /// <summary>
    /// The features of the first <paramref name="count"/> augmented views of each image. All phases share the views, so that each is computed once as
    /// long as the backbone stands still.
    /// </summary>
    public FeatureBatches Views(int[] images, int count, int batchSize)
    {
        int most = context.Schedule.SharedViews;
        _views ??= keeper.Bank(
            state.Network, Features, state.Network.Features.StageCount,
            new(views.Of(new([.. ViewOrder], most, RenderedBatches.InOrderBatch, context.Schedule.Augmentation)).Requests(SharedEpoch), FeatureCode.Half)
            {
                Later = true,
            });
        Dictionary<int, int> places = ViewOrder.Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        return new(context, _views, [.. images.SelectMany(i => Enumerable.Range(0, count).Select(view => places[i] * most + view))], batchSize);
    }

    /// <summary>Training images first: they have their places even where there is not room for all.</summary>
    private IEnumerable<int> ViewOrder
        => context.Images.Training.Concat(Enumerable.Range(0, context.Images.Count).Except(context.Images.Training));

    /// <summary>Discards the fast copy and its features because the backbone or its statistics are about to change.</summary>
    public void BackboneMoves()
    {
        _whole?.Dispose();
        _views?.Dispose();
        (_whole, _views) = (null, null);
        _features?.Dispose();
        _features = null;
    }

    /// <summary>The share of images classified correctly; null if there are none.</summary>
    public double? Accuracy(IBatchSource source)
    {
        if (source.Count == 0) return null;
        ProtoPNetNetwork network = state.Network;
        long right = 0;
        ForEachBatch(source, 0, (nearest, batch)
            => right += network.Logits(network.Similarity(nearest)).argmax(1).eq(batch.Labels).sum().item<long>());
        return (double)right / source.Count;
    }

    /// <summary>Accuracy and losses on held-out images.</summary>
    public HeldOutFigures HeldOut(IBatchSource source, ProtoPNetLoss loss)
    {
        if (source.Count == 0) return new(null, null, null);
        ProtoPNetNetwork network = state.Network;
        double right = 0, total = 0, crossEntropy = 0;
        ForEachMap(source, 0, (latent, batch) =>
        {
            Tensor nearest = network.Nearest(latent);
            LossTensors l = loss.Of(
                new(network.Logits(network.Similarity(nearest)), nearest, loss.Concentration?.Of(latent, network.PrototypeVectors, batch.Labels)),
                batch.Labels, network.LastLayer, batch.Images);
            right += l.Correct.item<float>();
            total += l.Total.item<float>() * batch.Images.Length;
            crossEntropy += l.CrossEntropy.item<float>() * batch.Images.Length;
        });
        return new(right / source.Count, total / source.Count, crossEntropy / source.Count);
    }

    /// <summary>Calls <paramref name="use"/> with the squared distances to the nearest patches (N × P) of each batch.</summary>
    public void ForEachBatch(IBatchSource source, int epoch, Action<Tensor, TrainingBatch> use)
        => ForEachMap(source, epoch, (latent, batch) => use(state.Network.Nearest(latent), batch));

    /// <summary>Calls <paramref name="use"/> with the latent maps of each batch.</summary>
    public void ForEachMap(IBatchSource source, int epoch, Action<LatentMap, TrainingBatch> use)
        => ForEachFeatures(source, epoch, (features, batch) => use(state.Network.LatentOf(features), batch));

    /// <summary>Calls <paramref name="use"/> with the backbone's features (N × C × H × W) of each batch.</summary>
    public void ForEachFeatures(IBatchSource source, int epoch, Action<Tensor, TrainingBatch> use)
    {
        ProtoPNetNetwork network = state.Network;
        foreach (TrainingBatch batch in source.Epoch(epoch, context.Cancellation))
        {
            using var scope = NewDisposeScope();
            using var mode = no_grad();
            Tensor features = Features.Run(batch.Inputs, source.StagesDone, network.Features.StageCount);
            context.CheckAlive();
            use(features, batch);
        }
    }

    public void Dispose() => BackboneMoves();
}
