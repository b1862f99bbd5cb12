using System.Text.Json.Serialization;
using ProtoPNet.MLNet.LastLayer;

namespace ProtoPNet.MLNet.Training;

/// <summary>One stage of training. A schedule is a list of them.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "phase")]
[JsonDerivedType(typeof(WarmUp), "warmUp")]
[JsonDerivedType(typeof(Joint), "joint")]
[JsonDerivedType(typeof(Projection), "projection")]
[JsonDerivedType(typeof(AnchoredTuning), "anchoredTuning")]
[JsonDerivedType(typeof(LastLayer), "lastLayer")]
[JsonDerivedType(typeof(SteppedLastLayer), "steppedLastLayer")]
[JsonDerivedType(typeof(Pruning), "pruning")]
public abstract record TrainingPhase
{
    private protected TrainingPhase() { }

    /// <summary>The phase's name, as progress and reports show it.</summary>
    [JsonIgnore]
    public abstract string Name { get; }

    /// <summary>Whether the phase decides something by the accuracy of held-out images.</summary>
    internal virtual bool ChoosesByHeldOut => false;

    /// <summary>Why this phase cannot run with its settings; null if it can.</summary>
    internal virtual string? Fault => null;
}

/// <summary>Moves every prototype onto the nearest latent patch of a training image of its class (paper, section 2.2, stage 2).</summary>
public sealed record Projection : TrainingPhase
{
    /// <inheritdoc/>
    public override string Name => "projection";

    /// <summary>Whether no two prototypes of a class may take the same patch; each is then as near as that allows.</summary>
    public bool Distinct { get; init; }
}

/// <summary>Solves the convex problem of the last layer (paper, section 2.2, stage 3) to a certified optimum.</summary>
public sealed record LastLayer : TrainingPhase
{
    /// <summary>With the penalty λ.</summary>
    public LastLayer(double l1 = 1e-4) => L1 = l1;

    /// <inheritdoc/>
    public override string Name => "last layer";

    /// <summary>λ, the penalty on connections between classes.</summary>
    public double L1 { get; init; }

    /// <summary>
    /// Chooses λ instead, where images are held out for validation or the choice needs none; null: always <see cref="L1"/>. The last phase that
    /// chooses by held-out images then fits the last layer to them, too; later phases report no validation figures.
    /// </summary>
    public L1Choice? Choice { get; init; }

    /// <summary>μ, the ridge that draws own-class connections to 1.</summary>
    public double Ridge { get; init; } = 1e-4;

    /// <summary>Views of each image that the problem is made of: the image itself, then augmented ones.</summary>
    public int Views { get; init; } = 1;

    /// <summary>The relative duality gap at which the solver stops.</summary>
    public double RelativeGap { get; init; } = 1e-6;

    internal override bool ChoosesByHeldOut => Choice is { NeedsValidation: true };

    internal override string? Fault
        => !(L1 >= 0) ? $"{nameof(L1)} is {L1}; it cannot be negative."
        : !(Ridge >= 0) ? $"{nameof(Ridge)} is {Ridge}; it cannot be negative."
        : Views < 1 ? $"{nameof(Views)} is {Views}; at least one view of each image is needed."
        : !(RelativeGap > 0) ? $"{nameof(RelativeGap)} is {RelativeGap}; it must be positive."
        : null;
}

/// <summary>The published substitute for <see cref="LastLayer"/>: passes of Adam over augmented images. For comparisons.</summary>
public sealed record SteppedLastLayer : TrainingPhase
{
    /// <summary>So many passes.</summary>
    public SteppedLastLayer(int epochs = 20) => Epochs = epochs;

    /// <inheritdoc/>
    public override string Name => "last layer, stepped";

    /// <summary>Passes over the training images.</summary>
    public int Epochs { get; init; }

    /// <summary>Augmented views of each image per epoch.</summary>
    public int Views { get; init; } = 1;

    /// <summary>Views per step.</summary>
    public int BatchSize { get; init; } = 80;

    /// <summary>Adam's learning rate.</summary>
    public double Rate { get; init; } = 1e-4;

    internal override string? Fault
        => Epochs < 0 || Views < 1 || BatchSize < 1 || !(Rate >= 0)
            ? "Epochs and rate cannot be negative; views and batch size must be at least 1."
            : null;
}

/// <summary>
/// Removes prototypes that fewer than <see cref="Threshold"/> of their <see cref="Nearest"/> nearest training images share the class of (paper,
/// supplement S8).
/// </summary>
public sealed record Pruning : TrainingPhase
{
    /// <summary>The paper's rule, or another.</summary>
    public Pruning(int nearest = 6, int threshold = 3) => (Nearest, Threshold) = (nearest, threshold);

    /// <inheritdoc/>
    public override string Name => "pruning";

    /// <summary>k: how many images to look at; the prototype's own source counts as one.</summary>
    public int Nearest { get; init; }

    /// <summary>How many of them must be of the prototype's class.</summary>
    public int Threshold { get; init; }

    internal override string? Fault
        => Nearest < 1 ? $"{nameof(Nearest)} is {Nearest}; at least one image is needed."
        : Threshold < 0 || Threshold > Nearest ? $"{nameof(Threshold)} is {Threshold}; it must lie between 0 and {nameof(Nearest)} ({Nearest})."
        : null;
}
