using System.Diagnostics;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network;
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
internal sealed record TrainingSettings(
    TrainingSchedule Schedule, ulong Seed, Device Device, long FeatureBytes, Action<TrainingProgress> Progress, Action CheckAlive, CancellationToken Cancellation);

/// <summary>What a run of training changes: the network, its optimisers, how far it has come.</summary>
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

    private InferenceFeatures? _inference;

    /// <summary>A fast copy of the backbone as it is, for all that learns nothing from it.</summary>
    public InferenceFeatures Inference => _inference ??= new(Network);

    public Stopwatch Clock { get; } = Stopwatch.StartNew();

    /// <summary>The images themselves, unaugmented, in order.</summary>
    public RenderedBatches Whole(int[] indices) => Views(indices, 1, EvaluationBatch, Augmentation.None);

    /// <summary>Augmented views of the training images.</summary>
    public RenderedBatches Augmented(int views, int batchSize) => Views(Images.Training, views, batchSize, Settings.Schedule.Augmentation);

    public RenderedBatches Views(int[] indices, int views, int batchSize, Augmentation augmentation)
        => new(Images, indices, views, batchSize, Network.Architecture.ImageSize, augmentation, Settings.Seed, Settings.Device);

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

    public void Dispose()
    {
        BackboneMoves();
        Optimisers.Dispose();
    }
}
