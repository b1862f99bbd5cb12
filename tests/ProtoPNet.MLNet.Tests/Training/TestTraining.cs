using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Training;
using ProtoPNet.MLNet.Training.Features;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>The parts of training around a network, for separate use; owns the network.</summary>
internal sealed class TestTraining : IDisposable
{
    public TestTraining(ProtoPNetNetwork network, TrainingImages images, TrainingSchedule? schedule = null)
        : this(network, new TrainingContext(schedule ?? TrainingSchedule.Default, images, 1, CPU)
        {
            Features = new(1 << 28, 0, ""),
            Cancellation = TestContext.Current.CancellationToken,
        })
    {
    }

    public TestTraining(ProtoPNetNetwork network, TrainingContext context)
    {
        Context = context;
        State = new(network);
        Views = new(Context, network.Architecture.ImageSize, network.Architecture.Backbone.Normalisation);
        Keeper = new(Context, Views);
        Evaluation = new(Context, State, Views, Keeper);
        Loop = new(Context, State);
    }

    public TrainingContext Context { get; }

    public TrainingState State { get; }

    public TrainingViews Views { get; }

    public FeatureKeeper Keeper { get; }

    public Evaluation Evaluation { get; }

    public TrainingLoop Loop { get; }

    public IReadOnlyList<MLNet.Model.PlacedPrototype> Project(bool distinct) => Projector.Run(
        State.Network, Evaluation.Whole(Context.Images.Training).InOrder(0, Context.Cancellation), distinct, Context.Forbidden);

    /// <summary>One Adam step on a batch of whole images, training everything that requires gradients.</summary>
    public static Tensor Step(ProtoPNetNetwork network, TrainingBatch batch, ProtoPNetLoss loss, Adam adam)
    {
        var source = new OneBatch(batch);
        return TrainingLoop.Step(network, new(new Joint(1), source, loss) { HeldOut = source }, batch, adam, seed: 0);
    }

    public void Dispose()
    {
        Loop.Dispose();
        Evaluation.Dispose();
        State.Dispose();
    }

    private sealed class OneBatch(TrainingBatch batch) : IBatchSource
    {
        public int StagesDone => 0;

        public int Count => batch.Images.Length;

        public int BatchSize => batch.Images.Length;

        public IEnumerable<TrainingBatch> Epoch(int epoch, CancellationToken cancellation, int first = 0) => [batch];

        public IEnumerable<TrainingBatch> InOrder(int epoch, CancellationToken cancellation) => [batch];

        public IReadOnlyList<int> ImagesOf(int epoch, int number) => batch.Images.ToArray();
    }
}
