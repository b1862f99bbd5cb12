using System.Diagnostics;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training.Estimates;

/// <summary>
/// Measures how long each kind of work takes for a view, on a few views: about a second in all, two with a slow backbone. Nothing learns, and no
/// random numbers of training are used.
/// </summary>
internal sealed class TimeMeasurement(TrainingContext context, TrainingState state, TrainingViews views)
{
    private const int First = 2, More = 12, MostStepViews = 80;

    /// <summary>A pass that is this fast is repeated with more views.</summary>
    private static readonly TimeSpan Fast = TimeSpan.FromSeconds(0.2);

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
            WorkKind.BackboneStep => OfBackbone(inputs => network.Features.Run(inputs, 0, kind.FrozenStages),
                x => network.Features.Run(x, kind.FrozenStages, network.Features.StageCount).mean().backward()),
            WorkKind.HeadStep => OfHead(backbone, batch => lesson.Learn(network, network.LatentOf(batch.Inputs), batch)),
            _ => OfHead(backbone, batch =>
            {
                using IDisposable mode = no_grad();
                network.Logits(network.Similarity(network.Nearest(network.LatentOf(batch.Inputs))));
            }),
        });
        foreach (Parameter parameter in network.parameters()) parameter.grad = null;
        return seconds;
    }

    /// <summary>Rendering included, which goes on beside it. The first pass, which also prepares much, does not count.</summary>
    private double OfFeatures(InferenceFeatures backbone)
    {
        Do(First);
        var watch = Stopwatch.StartNew();
        int seen = Do(First);
        if (watch.Elapsed < Fast) seen += Do(More);
        return watch.Elapsed.TotalSeconds / seen;

        int Do(int count) => ForEachBatch(count, batch => backbone.Of(batch.Inputs).Dispose());
    }

    /// <summary>The time of <paramref name="work"/> on what <paramref name="before"/> makes of views before the clock starts.</summary>
    private double OfBackbone(Func<Tensor, Tensor> before, Action<Tensor> work)
    {
        Do(First);
        (int seen, TimeSpan time) = Do(First);
        if (time < Fast)
        {
            (int others, TimeSpan more) = Do(More);
            (seen, time) = (seen + others, time + more);
        }
        return time.TotalSeconds / seen;

        (int Seen, TimeSpan Time) Do(int count)
        {
            TimeSpan time = TimeSpan.Zero;
            int done = ForEachBatch(count, batch =>
            {
                Tensor made;
                using (no_grad()) made = before(batch.Inputs);
                time += TimeOf(() => work(made));
            });
            return (done, time);
        }
    }

    /// <summary>
    /// The time of <paramref name="work"/> on the features of a view, in a batch of as many as a step has: what it costs for all prototypes, whatever the
    /// number of views, is most of the cost of one view alone.
    /// </summary>
    private double OfHead(InferenceFeatures backbone, Action<TrainingBatch> work)
    {
        int views = context.Schedule.Phases.OfType<EpochPhase>().Select(phase => phase.BatchSize).Append(1).Max();
        double seconds = 0;
        ForEachBatch(First, batch =>
        {
            int times = Math.Max(1, Math.Min(views, MostStepViews) / batch.Images.Length);
            Tensor features = backbone.Of(batch.Inputs).repeat(times, 1, 1, 1);
            using TrainingBatch step = new(
                features, batch.Labels.repeat(times), Enumerable.Repeat(batch.Images.ToArray(), times).SelectMany(images => images).ToArray());
            work(step);
            seconds = TimeOf(() => work(step)).TotalSeconds / step.Images.Length;
        });
        return seconds;
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

    /// <summary>Augmented views of the first images; returns their number.</summary>
    private int ForEachBatch(int count, Action<TrainingBatch> use)
    {
        int seen = 0;
        RenderedBatches source = views.Of(
            new([.. context.Images.Training.Take(count)], 1, RenderedBatches.InOrderBatch, context.Schedule.Augmentation));
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
