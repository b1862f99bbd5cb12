using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Training.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>What a run of training is given, and never changes.</summary>
/// <param name="Schedule">The phases.</param>
/// <param name="Seed">Everything random follows from it.</param>
/// <param name="Device">Where to compute.</param>
/// <param name="FeatureBytes">Memory that kept features of frozen stages may take.</param>
/// <param name="Progress">Told about once a second, and after each epoch.</param>
/// <param name="CheckAlive">Throws when training is to stop.</param>
/// <param name="Cancellation">Stops the threads that render.</param>
/// <param name="Checkpoints">Keeps checkpoints; null: none are kept.</param>
internal sealed record TrainingSettings(
    TrainingSchedule Schedule, ulong Seed, Device Device, long FeatureBytes, Action<TrainingProgress> Progress, Action CheckAlive,
    CancellationToken Cancellation, CheckpointWriter? Checkpoints = null)
{
    /// <summary>Is told what a user should know of how a phase goes about its work.</summary>
    public Action<string> Note { get; init; } = _ => { };

    /// <summary>Whether the backbone starts from weights that are worth keeping.</summary>
    public bool IsPretrained { get; init; } = true;
}

/// <summary>What a run of training changes: the network, which it owns, its optimisers, how far it has come.</summary>
internal sealed class TrainingSession(ProtoPNetNetwork network, TrainingImages images, TrainingSettings settings) : IDisposable
{
    /// <summary>Views per forward pass where nothing is learned.</summary>
    public const int EvaluationBatch = 32;

    /// <summary>The network as it is; pruning replaces it by a smaller one.</summary>
    public ProtoPNetNetwork Network { get; private set; } = network;

    public TrainingImages Images { get; } = images;

    public TrainingSettings Settings { get; } = settings;

    public Optimisers Optimisers { get; private set; } = new(network);

    /// <summary>Epochs of all phases so far: the views of an epoch depend on it.</summary>
    public int Epochs { get; set; }

    /// <summary>Epochs of joint phases so far: stepwise decay counts them.</summary>
    public int JointEpochs { get; set; }

    /// <summary>Where the prototypes lie since the last projection; empty before the first.</summary>
    public IReadOnlyList<ProjectedPrototype> Projected { get; set; } = [];

    /// <summary>What the last layer was last solved with; null where it was not, or has been stepped since.</summary>
    public LastLayerPenalties? Penalties { get; set; }

    private readonly Dictionary<int, BatchPipeline> _pipelines = [];

    private InferenceFeatures? _inference;

    private bool _handedOver;

    /// <summary>A fast copy of the backbone as it is, for all that learns nothing from it.</summary>
    public InferenceFeatures Inference => _inference ??= new(Network);

    /// <summary>The best network of the running phase, where it stops early.</summary>
    public BestWeights Best { get; } = new();

    /// <summary>Reports of the phases that have ended; the next one runs.</summary>
    public List<PhaseReport> Ended { get; } = [];

    /// <summary>
    /// Whether the phase that runs is the last to choose by held-out images: it may then fit the last layer to them.
    /// </summary>
    public bool ChoosesForTheLastTime => Ended.Count == Settings.Schedule.LastChoice;

    /// <summary>
    /// Held-out images that nothing has been fitted to, which is what validation figures are measured on. Once choices are made the last layer is
    /// solved with those that may be fitted to, and says nothing of them any more.
    /// </summary>
    public int[] Unseen => Settings.Schedule.LastChoice is >= 0 and var last && Ended.Count > last && Settings.Schedule.Phases[last] is LastLayer
        ? [.. Images.Validation.Except(Images.Fittable)]
        : Images.Validation;

    /// <summary>The running phase; null between phases.</summary>
    public PhaseProgress? Running { get; private set; }

    /// <summary>Losses of the running epoch's steps: as many batches of it are done.</summary>
    public EpochLosses Losses { get; } = new();

    /// <summary>Whether the session goes on from a checkpoint.</summary>
    public bool IsResumed { get; private set; }

    /// <summary>Time of the run, that before the checkpoint included.</summary>
    public RunClock Clock { get; private set; } = new(TimeSpan.Zero);

    private PhaseSoFar _interrupted = PhaseSoFar.Nothing;

    /// <summary>Says that the network, the optimisers and all counts are those of a run that took <paramref name="elapsed"/> so far.</summary>
    public void Resume(TimeSpan elapsed, PhaseSoFar interrupted) => (IsResumed, Clock, _interrupted) = (true, new(elapsed), interrupted);

    /// <summary>Begins the next phase, or goes on with the interrupted one.</summary>
    public PhaseProgress BeginPhase()
    {
        Running = new(this, _interrupted);
        _interrupted = PhaseSoFar.Nothing;
        return Running;
    }

    public void EndPhase(PhaseReport report)
    {
        Ended.Add(report);
        Running = null;
    }

    /// <summary>Counts an epoch of the running phase.</summary>
    public void EndEpoch()
    {
        Losses.Clear();
        Epochs++;
        if (Settings.Schedule.Phases[Ended.Count] is Joint) JointEpochs++;
    }

    /// <summary>The images themselves, unaugmented, in order.</summary>
    public RenderedBatches Whole(int[] indices) => Views(indices, 1, EvaluationBatch, Augmentation.None);

    /// <summary>Augmented views of the training images.</summary>
    public RenderedBatches Augmented(int views, int batchSize) => Views(Images.Training, views, batchSize, Settings.Schedule.Augmentation);

    public RenderedBatches Views(int[] indices, int views, int batchSize, Augmentation augmentation)
        => new(Images, indices, views, batchSize, augmentation, Settings.Seed, Settings.Device, Pipeline);

    /// <summary>The pipeline of a batch size, made once: its buffers are large, and phases come one after the other.</summary>
    private BatchPipeline Pipeline(int batchSize)
    {
        if (!_pipelines.TryGetValue(batchSize, out BatchPipeline? pipeline))
            _pipelines[batchSize] = pipeline = new(Images.Pixels, batchSize, Network.Architecture.ImageSize, Environment.ProcessorCount);
        return pipeline;
    }

    /// <summary>Puts the network into the state in which it is measured, projected and saved.</summary>
    public void Evaluating() => Network.eval();

    /// <summary>Says that the backbone, or its statistics, are about to move.</summary>
    public void BackboneMoves()
    {
        _inference?.Dispose();
        _inference = null;
    }

    /// <summary>Goes on with a network of fewer prototypes, and with fresh optimisers.</summary>
    public void Replace(ProtoPNetNetwork smaller, IReadOnlyList<ProjectedPrototype> projected)
    {
        BackboneMoves();
        Optimisers.Dispose();
        Network.Dispose();
        (Network, Projected, Optimisers) = (smaller, projected, new(smaller));
    }

    /// <summary>Hands the network over: from now on the caller disposes of it, whatever becomes of the session.</summary>
    public ProtoPNetNetwork HandOver()
    {
        _handedOver = true;
        return Network;
    }

    /// <summary>Disposes of everything, of the network too unless it has been handed over.</summary>
    public void Dispose()
    {
        if (!_handedOver) Network.Dispose();
        BackboneMoves();
        Optimisers.Dispose();
        Losses.Dispose();
        Best.Dispose();
    }
}
