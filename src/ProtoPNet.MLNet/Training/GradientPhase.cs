namespace ProtoPNet.MLNet.Training;

/// <summary>A phase of stochastic gradient steps before the last layer (paper, section 2.2, stage 1).</summary>
public abstract record GradientPhase : TrainingPhase
{
    private protected GradientPhase(int epochs) => Epochs = epochs;

    /// <summary>Passes over the training images.</summary>
    public int Epochs { get; init; }

    /// <summary>Augmented views of each image per epoch.</summary>
    public int Views { get; init; } = 1;

    /// <summary>Views per step.</summary>
    public int BatchSize { get; init; } = 80;

    /// <summary>Adam's learning rate for the add-on layers.</summary>
    public double AddOnRate { get; init; } = 3e-3;

    /// <summary>Weight decay (coupled, as in the published code) of everything but the prototypes.</summary>
    public double WeightDecay { get; init; } = 1e-3;

    /// <summary>How the learning rates fall.</summary>
    public RateDecay Decay { get; init; } = new RateDecay.Constant();

    /// <summary>Coefficients of the loss in this phase; null: those of the schedule.</summary>
    public LossWeights? Loss { get; init; }

    /// <summary>The learning rates times a factor.</summary>
    internal virtual LearningRates Rates(double factor) => new(null, AddOnRate * factor, null, null);

    internal override string? Fault
        => Epochs < 0 ? $"{nameof(Epochs)} is {Epochs}; it cannot be negative."
        : Views < 1 ? $"{nameof(Views)} is {Views}; at least one view of each image is needed."
        : BatchSize < 1 ? $"{nameof(BatchSize)} is {BatchSize}; it must be at least 1."
        : !(AddOnRate >= 0 && WeightDecay >= 0) ? Negative
        : Loss?.Fault;

    private protected const string Negative = "Learning rates and weight decay cannot be negative.";
}

/// <summary>Trains the add-on layers and the prototypes; the backbone stands still.</summary>
public sealed record WarmUp : GradientPhase
{
    /// <summary>So many epochs of it.</summary>
    public WarmUp(int epochs) : base(epochs) { }

    /// <inheritdoc/>
    public override string Name => "warm-up";

    /// <summary>Adam's learning rate for the prototypes.</summary>
    public double PrototypeRate { get; init; } = 3e-3;

    internal override LearningRates Rates(double factor) => base.Rates(factor) with { Prototypes = PrototypeRate * factor };

    internal override string? Fault => base.Fault ?? (!(PrototypeRate >= 0) ? Negative : null);
}

/// <summary>Trains everything before the last layer.</summary>
public sealed record Joint : GradientPhase
{
    /// <summary>So many epochs of it.</summary>
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
    /// How many of the backbone's first stages stand still, the last one never among them; what they compute is kept where it fits. 0: all are
    /// trained. A backbone that starts from random weights has nothing to keep: all of it is trained, whatever is asked for here.
    /// </summary>
    public int FrozenStages { get; init; }

    /// <summary>
    /// Early stopping: after so many epochs without a better <see cref="EpochMetrics.ProjectedAccuracy"/> the phase ends, and the network goes back
    /// to the first of its best epochs. Needs images held out for validation. Null: all epochs run, and the last one counts.
    /// </summary>
    public int? Patience { get; init; }

    internal override string? Fault => base.Fault
        ?? (!(BackboneRate >= 0 && PrototypeRate >= 0) ? Negative
        : Patience < 1 ? $"{nameof(Patience)} is {Patience}; it must be at least 1, or null for no early stopping."
        : FrozenStages < 0 ? $"{nameof(FrozenStages)} is {FrozenStages}; it cannot be negative."
        : null);
}

/// <summary>
/// Trains the add-on layers alone, with every prototype tied to the patch that a projection gave it: prototypes are computed from their patches anew
/// in every step, so that the network learns to be right with real patches. What projection costs is won back. Stands between two projections, of
/// which the second finds each prototype on its patch.
/// </summary>
public sealed record AnchoredTuning : GradientPhase
{
    /// <summary>So many epochs of it.</summary>
    public AnchoredTuning(int epochs) : base(epochs) { }

    /// <inheritdoc/>
    public override string Name => "anchored tuning";

    /// <summary>The share of the backbone's channels that each view does without in a step, in [0, 1): against learning the views by heart.</summary>
    public double Dropout { get; init; } = 0.3;

    internal override string? Fault => base.Fault ?? (Dropout is not (>= 0 and < 1) ? $"{nameof(Dropout)} is {Dropout}; it must be in [0, 1)." : null);
}
