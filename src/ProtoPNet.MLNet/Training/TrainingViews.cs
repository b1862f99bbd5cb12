using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Training;

/// <summary>Views of the photographs, rendered in batches of S × S pixels.</summary>
/// <param name="context">The inputs of training.</param>
/// <param name="imageSize">S.</param>
/// <param name="normalisation">The normalisation that the backbone asks for.</param>
internal sealed class TrainingViews(TrainingContext context, int imageSize, InputNormalisation normalisation)
{
    private readonly Dictionary<int, BatchPipeline> _pipelines = [];

    /// <summary>The images themselves, unaugmented, in order.</summary>
    public RenderedBatches Whole(int[] images) => Of(new(images, 1, RenderedBatches.InOrderBatch, Augmentation.None));

    /// <summary>Augmented views of the training images.</summary>
    public RenderedBatches Augmented(int views, int batchSize) => Of(new(context.Images.Training, views, batchSize, context.Schedule.Augmentation));

    public RenderedBatches Of(ViewPlan plan) => new(context, plan, Pipeline);

    /// <summary>The pipeline for a batch size, created once and shared by all phases, since its buffers are large.</summary>
    public BatchPipeline Pipeline(int batchSize)
    {
        if (!_pipelines.TryGetValue(batchSize, out BatchPipeline? pipeline))
            _pipelines[batchSize] = pipeline = new(
                context.Images.Pixels, batchSize, imageSize, normalisation, Environment.ProcessorCount);
        return pipeline;
    }
}
