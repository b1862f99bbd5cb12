using System.Diagnostics;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training.Estimates;

/// <summary>
/// Measures how long each kind of work takes for a view, on a few views: some seconds in all. Nothing learns, and no random numbers of training are used.
/// </summary>
internal sealed class TimeMeasurement(TrainingContext context, TrainingState state, TrainingViews views)
{
    private const int First = 2, MostBatches = 2, MostStepViews = 80;

    /// <summary>After a pass that is this fast, one with more views counts.</summary>
    private static readonly TimeSpan Fast = TimeSpan.FromSeconds(0.3);

    /// <summary>Seconds per view of each kind of work; 0 for what does not occur.</summary>
    /// <param name="kinds">The kinds that occur.</param>
    public IReadOnlyDictionary<ViewWork, double> Run(IReadOnlyCollection<ViewWork> kinds)
    {
        ProtoPNetNetwork network = state.Network;
        network.eval();
        using InferenceFeatures backbone = new(network);
        using ProtoPNetLoss loss = ProtoPNetLoss.For(network.Architecture, context.Schedule.Loss, context);
        IBatchSource none = views.Whole([]);
        Lesson lesson = new(new WarmUp(1), none, loss) { HeldOut = none };
        Dictionary<ViewWork, double> seconds = kinds.ToDictionary(kind => kind, kind => kind.Kind switch
        {
            WorkKind.Features => OfFeatures(backbone),
            WorkKind.BackboneStep => OfBackbone(inputs => network.Features.Run(inputs, 0, kind.FrozenStages), x =>
            {
                network.Train(follow: false, context.StepType);
                network.Features.Run(x, kind.FrozenStages, network.Features.StageCount).mean().backward();
                network.eval();
            }),
            WorkKind.HeadStep => OfHead(backbone, batch => lesson.Learn(network, batch.Inputs, batch, seed: 0)),
            _ => OfHead(backbone, batch =>
            {
                using IDisposable mode = no_grad();
                network.Logits(network.Similarity(network.Nearest(network.LatentOf(batch.Inputs))));
            }),
        });
        foreach (Parameter parameter in network.parameters()) parameter.grad = null;
        return seconds;
    }

    /// <summary>Rendering included, which goes on beside it.</summary>
    private double OfFeatures(InferenceFeatures backbone) => PerView(RenderedBatches.InOrderBatch, source =>
    {
        var watch = Stopwatch.StartNew();
        int seen = ForEachBatch(source, batch => backbone.Of(batch.Inputs).Dispose());
        return (seen, watch.Elapsed);
    });

    /// <summary>The time of <paramref name="work"/> on what <paramref name="before"/> makes of views before the clock starts.</summary>
    private double OfBackbone(Func<Tensor, Tensor> before, Action<Tensor> work) => PerView(BackboneViews, source =>
    {
        TimeSpan time = TimeSpan.Zero;
        int seen = ForEachBatch(source, batch =>
        {
            Tensor made;
            using (no_grad()) made = before(batch.Inputs);
            time += TimeOf(() => work(made));
        });
        return (seen, time);
    });

    /// <summary>
    /// Seconds per view. The first pass prepares much, and so does the first with batches of another size: they do not count. Two views alone take
    /// longer for each than a batch does, so they count only where a batch would take too long.
    /// </summary>
    private double PerView(int batchSize, Func<RenderedBatches, (int Seen, TimeSpan Time)> pass)
    {
        pass(Views(First, batchSize));
        (int seen, TimeSpan time) = pass(Views(First, batchSize));
        if (time < Fast)
        {
            pass(Views(batchSize, batchSize));
            (seen, time) = pass(Views(MostBatches * batchSize, batchSize));
        }
        return time.TotalSeconds / seen;
    }

    /// <summary>
    /// The time of <paramref name="work"/> on the features of a view, in a batch of as many as a step has: what it costs for all prototypes, whatever the
    /// number of views, is most of the cost of one view alone.
    /// </summary>
    private double OfHead(InferenceFeatures backbone, Action<TrainingBatch> work)
    {
        double seconds = 0;
        ForEachBatch(Views(First, First), batch =>
        {
            using TrainingBatch step = Repeated(batch with { Inputs = backbone.Of(batch.Inputs) }, StepViews);
            work(step);
            seconds = TimeOf(() => work(step)).TotalSeconds / step.Images.Length;
        });
        return seconds;
    }

    /// <summary>The views of a batch over and over, until there are at least <paramref name="views"/>.</summary>
    internal static TrainingBatch Repeated(TrainingBatch batch, int views)
    {
        int times = (views + batch.Images.Length - 1) / batch.Images.Length;
        long[] ones = [.. Enumerable.Repeat(1L, (int)batch.Inputs.dim() - 1)];
        return new(
            batch.Inputs.repeat([times, .. ones]), batch.Labels.repeat(times),
            Enumerable.Repeat(batch.Images.ToArray(), times).SelectMany(images => images).ToArray());
    }

    private TimeSpan TimeOf(Action work)
    {
        Finish();
        var watch = Stopwatch.StartNew();
        work();
        Finish();
        return watch.Elapsed;
    }

    /// <summary>A GPU goes on by itself.</summary>
    private void Finish()
    {
        if (context.Device.type == DeviceType.CUDA) cuda.synchronize();
    }

    /// <summary>The views of a step of any phase, and of one in which the backbone learns: what fits into memory in training fits here.</summary>
    private int StepViews => Largest(phase => phase is EpochPhase epochs ? epochs.BatchSize : 1);

    private int BackboneViews => Largest(phase => phase switch
    {
        Joint joint => joint.BatchSize,
        Steadying steadying => steadying.BatchSize,
        _ => 1,
    });

    private int Largest(Func<TrainingPhase, int> batchSize) => Math.Min(MostStepViews, context.Schedule.Phases.Max(batchSize));

    /// <summary>Augmented views of the first images, one of each.</summary>
    private RenderedBatches Views(int count, int batchSize)
        => views.Of(new([.. context.Images.Training.Take(count)], 1, batchSize, context.Schedule.Augmentation));

    /// <summary>Returns the number of views.</summary>
    private int ForEachBatch(RenderedBatches source, Action<TrainingBatch> use)
    {
        int seen = 0;
        foreach (TrainingBatch batch in source.InOrder(0, context.Cancellation))
        {
            using DisposeScope scope = NewDisposeScope();
            context.CheckAlive();
            use(batch);
            seen += batch.Images.Length;
        }
        return seen;
    }
}
