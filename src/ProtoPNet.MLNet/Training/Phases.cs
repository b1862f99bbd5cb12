using System.Text.Json.Serialization;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Pruning;

namespace ProtoPNet.MLNet.Training;

/// <summary>One stage of training. A schedule is a list of them.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "phase")]
[JsonDerivedType(typeof(Steadying), "steadying")]
[JsonDerivedType(typeof(WarmUp), "warmUp")]
[JsonDerivedType(typeof(Joint), "joint")]
[JsonDerivedType(typeof(Projection), "projection")]
[JsonDerivedType(typeof(AnchoredTuning), "anchoredTuning")]
[JsonDerivedType(typeof(LastLayerFit), "lastLayer")]
[JsonDerivedType(typeof(SteppedLastLayer), "steppedLastLayer")]
[JsonDerivedType(typeof(PrototypePruning), "pruning")]
[JsonDerivedType(typeof(SteadinessPruning), "steadinessPruning")]
public abstract record TrainingPhase
{
    private protected TrainingPhase() { }

    /// <summary>The phase's name, as progress and reports show it.</summary>
    [JsonIgnore]
    public abstract string Name { get; }

    /// <summary>Whether the phase makes a choice by the accuracy on held-out images.</summary>
    internal virtual bool ChoosesByHeldOut => false;

    /// <summary>Why this phase cannot run with its settings; null if it can.</summary>
    internal virtual string? Fault => null;
}

/// <summary>A phase of epochs: passes over augmented views with an Adam step per batch.</summary>
public abstract record EpochPhase : TrainingPhase
{
    private protected EpochPhase(int epochs) => Epochs = epochs;

    /// <summary>Passes over the training images.</summary>
    public int Epochs { get; init; }

    /// <summary>Augmented views of each image per epoch.</summary>
    public int Views { get; init; } = 1;

    /// <summary>Views per step.</summary>
    public int BatchSize { get; init; } = 80;

    /// <summary>The learning rates, multiplied by a factor.</summary>
    internal abstract LearningRates Rates(double factor);

    internal override string? Fault
        => Limits.AtLeast(0, nameof(Epochs), Epochs) ?? Limits.AtLeast(1, nameof(Views), Views) ?? Limits.AtLeast(1, nameof(BatchSize), BatchSize);
}

/// <summary>A phase of stochastic gradient descent on the layers before the last one (paper, section 2.2, stage 1).</summary>
public abstract record GradientPhase : EpochPhase
{
    private protected GradientPhase(int epochs) : base(epochs) { }

    /// <summary>Adam's learning rate for the add-on layers.</summary>
    public double AddOnRate { get; init; } = 3e-3;

    /// <summary>Weight decay (coupled, as in the published code) of everything but the prototypes.</summary>
    public double WeightDecay { get; init; } = 1e-3;

    /// <summary>How the learning rates decay.</summary>
    public RateDecay Decay { get; init; } = new RateDecay.Constant();

    /// <summary>Coefficients of the loss in this phase; null for those of the schedule.</summary>
    public LossWeights? Loss { get; init; }

    internal override LearningRates Rates(double factor) => new(null, AddOnRate * factor, null, null);

    internal override string? Fault => base.Fault
        ?? Limits.NotNegative(nameof(AddOnRate), AddOnRate) ?? Limits.NotNegative(nameof(WeightDecay), WeightDecay)
        ?? (Decay is null ? $"{nameof(Decay)} is null; leave it out for constant rates." : Decay.Fault) ?? Loss?.Fault;
}

/// <summary>
/// Trains the backbone before there are prototypes: it learns to give views with noise the features that it gave them without (distillation from itself).
/// Prototypes then point at the same place in spite of noise. With a pooled cost (<see cref="LossWeights.Pooled"/>) it learns to tell the classes apart
/// at once. Belongs at the beginning, and needs a backbone that is good already. A run that is stopped within this phase repeats it. Not in the paper.
/// </summary>
public sealed record Steadying : TrainingPhase
{
    /// <summary>Creates the phase with the given number of epochs.</summary>
    public Steadying(int epochs) => Epochs = epochs;

    /// <inheritdoc/>
    public override string Name => "steadying";

    /// <summary>Passes over the training images.</summary>
    public int Epochs { get; init; }

    /// <summary>Augmented views of each image per epoch.</summary>
    public int Views { get; init; } = 1;

    /// <summary>Views per step.</summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>The most views in all; the phase ends there. Large data sets do not need several passes.</summary>
    public int MostViews { get; init; } = 3000;

    /// <summary>Adam's learning rate for the backbone at the beginning; it decays to 0 like a cosine.</summary>
    public double BackboneRate { get; init; } = 8e-5;

    /// <summary>Adam's learning rate for the linear classifier of the pooled cost at the beginning; it decays likewise.</summary>
    public double ClassifierRate { get; init; } = 1e-3;

    /// <summary>
    /// Standard deviation of the Gaussian noise on four of five views, of pixels normalised as for ImageNet; the default is that of the stability measure.
    /// </summary>
    public double Noise { get; init; } = 0.2;

    internal override string? Fault
        => Limits.AtLeast(0, nameof(Epochs), Epochs) ?? Limits.AtLeast(1, nameof(Views), Views) ?? Limits.AtLeast(1, nameof(BatchSize), BatchSize)
        ?? Limits.AtLeast(1, nameof(MostViews), MostViews)
        ?? Limits.NotNegative(nameof(BackboneRate), BackboneRate) ?? Limits.NotNegative(nameof(ClassifierRate), ClassifierRate)
        ?? Limits.NotNegative(nameof(Noise), Noise);
}

/// <summary>Trains the add-on layers and the prototypes; the backbone is frozen.</summary>
public sealed record WarmUp : GradientPhase
{
    /// <summary>Creates the phase with the given number of epochs.</summary>
    public WarmUp(int epochs) : base(epochs) { }

    /// <inheritdoc/>
    public override string Name => "warm-up";

    /// <summary>Adam's learning rate for the prototypes.</summary>
    public double PrototypeRate { get; init; } = 3e-3;

    internal override LearningRates Rates(double factor) => base.Rates(factor) with { Prototypes = PrototypeRate * factor };

    internal override string? Fault => base.Fault ?? Limits.NotNegative(nameof(PrototypeRate), PrototypeRate);
}

/// <summary>Trains everything before the last layer.</summary>
public sealed record Joint : GradientPhase
{
    /// <summary>Creates the phase with the given number of epochs.</summary>
    public Joint(int epochs) : base(epochs) { }

    /// <inheritdoc/>
    public override string Name => "joint";

    /// <summary>Adam's learning rate for the backbone.</summary>
    public double BackboneRate { get; init; } = 1e-4;

    /// <summary>Adam's learning rate for the prototypes.</summary>
    public double PrototypeRate { get; init; } = 3e-3;

    internal override bool ChoosesByHeldOut => Patience is not null;

    internal override LearningRates Rates(double factor)
        => base.Rates(factor) with { Backbone = BackboneRate * factor, Prototypes = PrototypeRate * factor };

    /// <summary>
    /// The number of frozen leading stages of the backbone; their features are kept if they fit. A negative number counts from the end: with −2 all are
    /// frozen but the last two. The last stage is never frozen; 0 trains all. A backbone that starts from random weights is trained whole, whatever this
    /// number.
    /// </summary>
    public int FrozenStages { get; init; }

    /// <summary>
    /// Early stopping: the phase ends after this many epochs without a better <see cref="EpochMetrics.ProjectedAccuracy"/>, and the network returns
    /// to the first of its best epochs. Needs images held out for validation. Null: all epochs run, and the last one counts.
    /// </summary>
    public int? Patience { get; init; }

    internal override string? Fault => base.Fault
        ?? Limits.NotNegative(nameof(BackboneRate), BackboneRate) ?? Limits.NotNegative(nameof(PrototypeRate), PrototypeRate)
        ?? (Patience < 1 ? $"{nameof(Patience)} is {Patience}; it must be at least 1, or null for no early stopping." : null);
}

/// <summary>
/// Trains only the add-on layers, with every prototype tied to the patch of the last projection: each step recomputes the prototypes from their
/// patches, so that the network learns to classify with real patches. Recovers the accuracy that projection costs. Belongs between two projections;
/// the second finds each prototype on its patch.
/// </summary>
public sealed record AnchoredTuning : GradientPhase
{
    /// <summary>Creates the phase with the given number of epochs.</summary>
    public AnchoredTuning(int epochs) : base(epochs) { }

    /// <inheritdoc/>
    public override string Name => "anchored tuning";

    /// <summary>The share of the backbone's channels dropped per view and step, in [0, 1); it counters overfitting to the views.</summary>
    public double Dropout { get; init; } = 0.3;

    internal override string? Fault => base.Fault ?? Limits.Share(nameof(Dropout), Dropout);
}

/// <summary>Moves every prototype onto the nearest latent patch of a training image of its class (paper, section 2.2, stage 2).</summary>
public sealed record Projection : TrainingPhase
{
    /// <inheritdoc/>
    public override string Name => "projection";

    /// <summary>Whether the prototypes of a class must take distinct patches; nearest pairs are assigned first.</summary>
    public bool Distinct { get; init; }
}

/// <summary>Solves the convex problem of the last layer (paper, section 2.2, stage 3) to a certified optimum.</summary>
public sealed record LastLayerFit : TrainingPhase
{
    /// <summary>Creates the phase with the penalty λ.</summary>
    public LastLayerFit(double l1 = 1e-4) => L1 = l1;

    /// <inheritdoc/>
    public override string Name => "last layer";

    /// <summary>λ, the penalty on connections between classes.</summary>
    public double L1 { get; init; }

    /// <summary>
    /// Chooses λ instead of <see cref="L1"/>, if images are held out for validation or the choice needs none; null: always <see cref="L1"/>. The last
    /// phase that chooses by held-out images also fits the last layer to them; later phases report no validation metrics.
    /// </summary>
    public L1Choice? Choice { get; init; }

    /// <summary>
    /// The penalty on own-class weights: <see cref="OwnClassPenalty.TowardOne"/> keeps all prototypes in use, <see cref="OwnClassPenalty.Sparse"/>
    /// only those that are needed. Prototypes whose weights are all exactly 0 leave the network after the fit, but never all of a class.
    /// </summary>
    public OwnClassPenalty OwnClass { get; init; } = new OwnClassPenalty.TowardOne();

    /// <summary>
    /// Chooses λ_own after λ, if images are held out for validation; λ then rises with it. Null: always <see cref="OwnClass"/>.
    /// </summary>
    public SparseByValidation? OwnClassChoice { get; init; }

    /// <summary>Views of each image in the problem: the image itself, then augmented ones.</summary>
    public int Views { get; init; } = 1;

    /// <summary>The relative duality gap at which the solver stops.</summary>
    public double RelativeGap { get; init; } = 1e-6;

    internal override bool ChoosesByHeldOut => Choice is { NeedsValidation: true } || OwnClassChoice is not null;

    internal override string? Fault
        => Limits.NotNegative(nameof(L1), L1) ?? Limits.AtLeast(1, nameof(Views), Views)
        ?? (RelativeGap is >= 1e-10 and < 1 ? null : $"{nameof(RelativeGap)} is {RelativeGap}; it must be at least 1e-10 and below 1.")
        ?? (OwnClass is null ? $"{nameof(OwnClass)} is null; leave it out for the default." : OwnClass.Fault)
        ?? Choice?.Fault ?? OwnClassChoice?.Fault;
}

/// <summary>The published substitute for <see cref="LastLayerFit"/>: passes of Adam over augmented images. For comparisons.</summary>
public sealed record SteppedLastLayer : EpochPhase
{
    /// <summary>Creates the phase with the given number of passes.</summary>
    public SteppedLastLayer(int epochs = 20) : base(epochs) { }

    /// <inheritdoc/>
    public override string Name => "last layer, stepped";

    /// <summary>Adam's learning rate.</summary>
    public double Rate { get; init; } = 1e-4;

    internal override LearningRates Rates(double factor) => new(null, null, null, Rate * factor);

    internal override string? Fault => base.Fault ?? Limits.NotNegative(nameof(Rate), Rate);
}

/// <summary>
/// Removes a prototype if fewer than <see cref="Threshold"/> of its <see cref="Nearest"/> nearest training images are of its class (paper, supplement
/// S8).
/// </summary>
public sealed record PrototypePruning : TrainingPhase
{
    /// <summary>Creates the phase; the defaults are the paper's rule.</summary>
    public PrototypePruning(int nearest = 6, int threshold = 3) => (Nearest, Threshold) = (nearest, threshold);

    /// <inheritdoc/>
    public override string Name => "pruning";

    /// <summary>k, the number of nearest images considered; the prototype's own source counts as one.</summary>
    public int Nearest { get; init; }

    /// <summary>The number of them that must be of the prototype's class.</summary>
    public int Threshold { get; init; }

    internal override string? Fault => new PruningRule(Nearest, Threshold).Fault;
}

/// <summary>
/// Keeps of each class the prototypes that noise moves least: on copies with noise of the class's training images, the nearest patch of a steady prototype
/// stays where it is on the image itself. One that jumps from part to part, though nothing visible has changed, points at none of them. The last
/// layer then chooses among those that are left.
/// </summary>
public sealed record SteadinessPruning : TrainingPhase
{
    /// <summary>Creates the phase with the share of its prototypes that each class keeps.</summary>
    public SteadinessPruning(double share = 0.6) => Share = share;

    /// <inheritdoc/>
    public override string Name => "pruning by steadiness";

    /// <summary>The share of its prototypes that each class keeps, above 0 and at most 1; rounded up, so that none loses all.</summary>
    public double Share { get; init; }

    /// <summary>Copies with noise of a training image.</summary>
    public int Copies { get; init; } = 4;

    /// <summary>The most copies in all: classes are judged by fewer of their images where these are many, each by at least one.</summary>
    public int MostViews { get; init; } = 6000;

    /// <summary>
    /// Standard deviation of the Gaussian noise, of pixels normalised as for ImageNet; the default is that of the stability measure.
    /// </summary>
    public double Noise { get; init; } = 0.2;

    internal override string? Fault
        => (Share is > 0 and <= 1 ? null : $"{nameof(Share)} is {Share}; it must be above 0 and at most 1.")
        ?? Limits.AtLeast(1, nameof(Copies), Copies) ?? Limits.AtLeast(1, nameof(MostViews), MostViews) ?? Limits.NotNegative(nameof(Noise), Noise);
}
