using System.Text;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Layers;

namespace ProtoPNet.MLNet.Training;

/// <summary>How the running statistics of batch normalisation are updated.</summary>
public enum BatchNormMode
{
    /// <summary>Never updated; a pretrained backbone keeps its statistics.</summary>
    Frozen,

    /// <summary>They follow the batches while any layer of the backbone is trained, and are frozen otherwise.</summary>
    Follow,

    /// <summary>They follow the batches in every phase, even with a frozen backbone: the published behaviour, for comparisons.</summary>
    Drift,
}

/// <summary>The number format of the backbone's activations during training.</summary>
public enum TrainingPrecision
{
    /// <summary>32 bits throughout.</summary>
    Full,

    /// <summary>
    /// 16-bit activations (bfloat16); 32-bit weights, weight gradients and optimiser. Halves the memory for activations, and is faster on
    /// processors with such arithmetic (AVX512-BF16 or AMX; see <see cref="Automatic"/>). Add-on layers, prototypes, measuring and projection stay at 32 bits.
    /// </summary>
    BFloat16,

    /// <summary>
    /// <see cref="BFloat16"/> on a CPU that has instructions for it, otherwise <see cref="Full"/> (docs/experiments.md has the gain). The same seed then gives
    /// another model on another kind of processor. <see cref="PhaseReport.Precision"/> says which it was.
    /// </summary>
    Automatic,
}

/// <summary>The initial values of prototypes.</summary>
public enum PrototypeStart
{
    /// <summary>On latent patches of training images of their own class, spread by k-means++.</summary>
    OwnClassPatches,

    /// <summary>Uniform in [0, 1), as published.</summary>
    Random,
}

/// <summary>The phases of training and their common settings. A value: printable, comparable, readable from JSON.</summary>
public sealed record TrainingSchedule
{
    /// <summary>The phases, in order.</summary>
    public required IReadOnlyList<TrainingPhase> Phases { get; init; }

    /// <summary>Coefficients of the loss, unless a phase has its own.</summary>
    public LossWeights Loss { get; init; } = new();

    /// <summary>
    /// ε of the similarities log((d + 1) / (d + ε)) of the network that is trained (<see cref="NetworkArchitecture.Epsilon"/>), above 0 and below 1. At the
    /// paper's 1e-4 the gradient, about 1/(d + ε), comes mostly from patches that are very near already; with a larger ε others count as well.
    /// </summary>
    public double Epsilon { get; init; } = PrototypeLayer.PublishedEpsilon;

    /// <summary>How batch-norm statistics are updated.</summary>
    public BatchNormMode BatchNorm { get; init; } = BatchNormMode.Frozen;

    /// <summary>The number format of the backbone in phases in which it learns.</summary>
    public TrainingPrecision Precision { get; init; } = TrainingPrecision.Full;

    /// <summary>The initial values of prototypes.</summary>
    public PrototypeStart PrototypeStart { get; init; } = PrototypeStart.OwnClassPatches;

    /// <summary>How training images are augmented.</summary>
    public Augmentation Augmentation { get; init; } = Augmentation.Paper;

    /// <summary>
    /// For pretrained backbones: batch norm and first stages frozen, their features kept, a loss that does not vanish early, prototypes tuned on
    /// their patches, a solved last layer. Measured results are in docs/experiments.md.
    /// </summary>
    public static TrainingSchedule Default { get; } = new()
    {
        Phases =
        [
            new WarmUp(12) { Views = 6, BatchSize = 90, Decay = new RateDecay.Cosine() },
            new Joint(5) { FrozenStages = 2, Views = 8, BatchSize = 30, AddOnRate = 1e-3, PrototypeRate = 1e-3, Decay = new RateDecay.Cosine() },
            new Projection(),
            new AnchoredTuning(10) { Views = 5, BatchSize = 90, Decay = new RateDecay.Cosine(), Loss = new(LabelSmoothing: 0.1) },
            new Projection(),
            new LastLayerFit(3e-3) { Views = 5, Choice = new L1Choice.ByValidation(1e-2, 1e-4, 9) },
        ],
        Loss = new(LabelSmoothing: 0.1, Temperature: 3),
    };

    /// <summary>
    /// For backbones whose features are good already (<see cref="Network.Backbone.BringsWeights"/>): they learn to ignore noise and, by a pooled cost, to tell
    /// the classes apart; then the backbone is frozen, so that its features are computed once per view. Prototypes are made to fire at one place, also in
    /// views with noise, and therefore point at the same part more often; those that noise moves leave, and the last layer keeps only those that a class
    /// needs. Measured results are in docs/experiments.md.
    /// </summary>
    public static TrainingSchedule FrozenBackbone { get; } = new()
    {
        Augmentation = Augmentation.Paper with { Noise = 0.2 },
        Phases =
        [
            new Steadying(6),
            new WarmUp(12) { Views = 6, BatchSize = 90, Decay = new RateDecay.Cosine() },
            new Projection(),
            new AnchoredTuning(10)
            {
                Views = 6,
                BatchSize = 90,
                Decay = new RateDecay.Cosine(),
                Loss = new(LabelSmoothing: 0.1, Temperature: 3, Concentration: 1.4),
            },
            new Projection(),
            new SteadinessPruning(),
            new LastLayerFit(3e-3)
            {
                Views = 7,
                OwnClass = new OwnClassPenalty.Sparse(3e-2),
                Choice = new L1Choice.ByValidation(1e-2, 1e-4, 9),
                OwnClassChoice = new(),
            },
        ],
        Loss = new(Cluster: 1.6, LabelSmoothing: 0.1, Temperature: 3, Concentration: 1.4, Pooled: 0.3),
        Precision = TrainingPrecision.Automatic,
    };

    /// <summary>
    /// For backbones whose features are good already, and <see cref="ManyFrom"/> classes or more: classes so alike that the backbone's last two stages have
    /// to learn them too. Milder costs than in <see cref="FrozenBackbone"/>, whose prototypes would leave no distance between many classes; tuning after
    /// the projection gained nothing and is left out. Its similarities are flatter than the paper's (<see cref="Epsilon"/>), and a classifier of the pooled
    /// map teaches the backbone besides (<see cref="LossWeights.Pooled"/>). Measured results are in docs/experiments.md.
    /// </summary>
    public static TrainingSchedule ManyClasses { get; } = new()
    {
        Augmentation = Augmentation.Paper with { Noise = 0.2 },
        Phases =
        [
            new WarmUp(6) { Views = 3, BatchSize = 90, Decay = new RateDecay.Cosine() },
            new Joint(5)
            {
                FrozenStages = -2,
                Views = 6,
                BatchSize = 40,
                BackboneRate = 4e-4,
                AddOnRate = 1e-3,
                PrototypeRate = 1e-3,
                Decay = new RateDecay.Cosine(),
            },
            new Projection { Distinct = true },
            new LastLayerFit(3e-3) { Views = 2, OwnClass = new OwnClassPenalty.TowardOneByShare() },
        ],
        Loss = new(LabelSmoothing: 0.2, Temperature: 0.5, Concentration: 0.1, Pooled: 1),
        Epsilon = 0.3,
        Precision = TrainingPrecision.Automatic,
    };

    /// <summary>The number of classes from which <see cref="ManyClasses"/> suits better than <see cref="FrozenBackbone"/>.</summary>
    public const int ManyFrom = 50;

    /// <summary>
    /// The published recipe: thirty views of each image, projections after 11, 21 and 31 epochs, by which time the rates have decayed to almost
    /// nothing. Batch norms are frozen with the backbone; <see cref="BatchNormMode.Drift"/> moves them as the published code does, but prototypes
    /// then stop being patches. A schedule does not describe the network but for its ε: for the published one also choose <see cref="LatentSpace.Cube"/>.
    /// </summary>
    public static TrainingSchedule Paper { get; } = new()
    {
        BatchNorm = BatchNormMode.Follow,
        PrototypeStart = PrototypeStart.Random,
        Phases =
        [
            new WarmUp(5) { Views = 30 },
            PublishedJoint(6), new Projection(), new SteppedLastLayer(20) { Views = 30 },
            PublishedJoint(10), new Projection(), new SteppedLastLayer(20) { Views = 30 },
            PublishedJoint(10), new Projection(), new SteppedLastLayer(20) { Views = 30 },
        ],
    };

    /// <summary>The schedule that trainers take unless one is given.</summary>
    /// <param name="bringsWeights">Whether the backbone starts from weights that it brings, whose features are good already.</param>
    /// <param name="classes">K.</param>
    internal static TrainingSchedule Suiting(bool bringsWeights, int classes)
        => !bringsWeights ? Default : classes < ManyFrom ? FrozenBackbone : ManyClasses;

    /// <summary>Checks what can be checked before the first epoch.</summary>
    /// <exception cref="ArgumentException">A phase has invalid settings or an invalid position.</exception>
    public void Check()
    {
        if (Phases is null || Phases.Count == 0) throw new ArgumentException("A schedule needs at least one phase.");
        for (int i = 0; i < Phases.Count; i++)
            if (Phases[i] is null) throw new ArgumentException($"Phase {i + 1} is null.");
            else if (Phases[i].Fault is { } fault) throw new ArgumentException($"Phase {i + 1} ({Phases[i].Name}): {fault}");
        if (Loss is null || Augmentation is null)
            throw new ArgumentException($"{(Loss is null ? nameof(Loss) : nameof(Augmentation))} is null; leave it out to take the default.");

        int lastMove = LastIndex(p => p is GradientPhase { Epochs: > 0 } or Steadying { Epochs: > 0 }), lastProjection = LastIndex(p => p is Projection);
        if (lastProjection < 0)
            throw new ArgumentException(
                "The schedule has no Projection; without one, prototypes are not patches of training images. Add new Projection().");
        if (lastMove > lastProjection)
            throw new ArgumentException(
                $"Phase {lastMove + 1} ({Phases[lastMove].Name}) moves prototypes away from their images after the last projection "
                + $"(phase {lastProjection + 1}). Add a Projection after it.");
        CheckAnchors();
        int pruning = FirstIndex(p => p is PrototypePruning or SteadinessPruning);
        if (pruning >= 0 && pruning < FirstIndex(p => p is Projection))
            throw new ArgumentException($"Phase {pruning + 1} ({Phases[pruning].Name}) judges prototypes by their patches. Add a Projection before it.");
        if (Loss.Fault is { } wrong) throw new ArgumentException($"Loss: {wrong}");
        if (Epsilon is not (> 0 and < 1)) throw new ArgumentException($"{nameof(Epsilon)} is {Epsilon}; it must be above 0 and below 1.");
    }

    /// <summary>The most views of an image that a phase with a frozen backbone asks for.</summary>
    internal int SharedViews => Phases.Max(p => p switch
    {
        WarmUp or AnchoredTuning => ((EpochPhase)p).Views,
        LastLayerFit fit => fit.Views - 1,
        _ => 0,
    });

    /// <summary>The index of the last phase that chooses by held-out images; −1 if none does.</summary>
    internal int LastChoice => LastIndex(p => p.ChoosesByHeldOut);

    /// <summary>The index of the last phase that learns anything; −1 if none does.</summary>
    internal int LastFit => LastIndex(p => p is EpochPhase or LastLayerFit or Steadying);

    /// <summary>Whether a phase stops early, by the accuracy on held-out images.</summary>
    internal bool StopsEarly => Phases.Any(p => p is Joint { Patience: not null });

    /// <summary>One line for each phase.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        for (int i = 0; i < Phases.Count; i++) text.Append(i + 1).Append(". ").AppendLine(Phases[i].ToString());
        return text.ToString();
    }

    private void CheckAnchors()
    {
        bool placed = false;
        for (int i = 0; i < Phases.Count; i++)
        {
            if (Phases[i] is AnchoredTuning { Epochs: > 0 } && !placed)
                throw new ArgumentException(
                    $"Phase {i + 1} ({Phases[i].Name}) ties prototypes to their patches, but they are on none at that point. "
                    + "Add a Projection before it, with no WarmUp, Joint or Steadying between them.");
            placed = Phases[i] switch
            {
                Projection => true,
                WarmUp or Joint or Steadying => false,
                _ => placed,
            };
        }
    }

    private static Joint PublishedJoint(int epochs) => new(epochs) { Views = 30, Decay = new RateDecay.Step(5, 0.1) };

    private int FirstIndex(Func<TrainingPhase, bool> which) => Phases.Index().Where(p => which(p.Item)).Select(p => p.Index).DefaultIfEmpty(-1).First();

    private int LastIndex(Func<TrainingPhase, bool> which)
    {
        for (int i = Phases.Count - 1; i >= 0; i--)
            if (which(Phases[i])) return i;
        return -1;
    }
}
