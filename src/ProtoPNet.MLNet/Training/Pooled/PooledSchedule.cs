using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.LastLayer;

namespace ProtoPNet.MLNet.Training.Pooled;

/// <summary>
/// How a classifier without prototypes is trained: its linear layer is solved on the pooled features of whole photographs and augmented views; if the
/// backbone learns, it does so from there, and the linear layer is then solved again. A value.
/// </summary>
public sealed record PooledSchedule
{
    /// <summary>How the backbone learns; null: it stays as it is.</summary>
    public FineTuning? FineTuning { get; init; }

    /// <summary>Views of each photograph that the linear layer is solved on: the photograph itself, then augmented ones.</summary>
    public int Views { get; init; } = 7;

    /// <summary>How training images are augmented.</summary>
    public Augmentation Augmentation { get; init; } = Augmentation.Paper;

    /// <summary>μ, the ridge on the weights of standardised features, if no images are held out to choose it.</summary>
    public double Ridge { get; init; } = 1;

    /// <summary>The values of μ to choose from, by the cross entropy of held-out images.</summary>
    public IReadOnlyList<double> Ridges { get; init; } = RegularisationPath.Geometric(100, 1e-3, 11);

    /// <summary>The frozen backbone: each view passes through it once.</summary>
    public static PooledSchedule FrozenBackbone { get; } = new();

    /// <summary>The backbone learns, too.</summary>
    public static PooledSchedule FineTuned { get; } = new() { FineTuning = new() };

    /// <summary>
    /// For many classes (<see cref="TrainingSchedule.ManyFrom"/> or more) and a backbone that brings its weights: its last two stages learn from more views,
    /// in larger steps; the linear layer is solved on fewer views.
    /// </summary>
    public static PooledSchedule ManyClasses { get; } = new()
    {
        Views = 3,
        FineTuning = new()
        {
            Epochs = 3,
            Views = 6,
            BatchSize = 40,
            BackboneRate = 4e-4,
            FrozenStages = -2,
            Precision = TrainingPrecision.Automatic,
        },
    };

    /// <summary>Why the schedule is invalid; null if it is valid.</summary>
    internal string? Fault
        => Limits.AtLeast(1, nameof(Views), Views) ?? Limits.Positive(nameof(Ridge), Ridge)
        ?? (Augmentation is null ? $"{nameof(Augmentation)} is null; leave it out to take the default." : null)
        ?? (Ridges is { Count: > 0 } ? Ridges.Select(ridge => Limits.Positive(nameof(Ridges), ridge)).FirstOrDefault(fault => fault is not null)
            : $"{nameof(Ridges)} is empty; leave it out to take the default.")
        ?? FineTuning?.Fault;
}

/// <summary>How the backbone of a classifier without prototypes learns: Adam steps on the cross entropy. Batch-norm statistics stay as they are.</summary>
public sealed record FineTuning
{
    /// <summary>Passes over the training images.</summary>
    public int Epochs { get; init; } = 4;

    /// <summary>Augmented views of each image per epoch.</summary>
    public int Views { get; init; } = 3;

    /// <summary>Views per step.</summary>
    public int BatchSize { get; init; } = 30;

    /// <summary>Adam's learning rate for the backbone at the beginning.</summary>
    public double BackboneRate { get; init; } = 1e-4;

    /// <summary>Adam's learning rate for the linear layer at the beginning.</summary>
    public double ClassifierRate { get; init; } = 1e-3;

    /// <summary>Weight decay (coupled).</summary>
    public double WeightDecay { get; init; } = 1e-3;

    /// <summary>How the learning rates decay.</summary>
    public RateDecay Decay { get; init; } = new RateDecay.Cosine();

    /// <summary>Probability mass spread over all classes, in [0, 1).</summary>
    public double LabelSmoothing { get; init; } = 0.1;

    /// <summary>
    /// The number of leading stages of the backbone that do not learn; a negative number counts from the end (−1: only the last one learns). The last one
    /// always learns.
    /// </summary>
    public int FrozenStages { get; init; } = 2;

    /// <summary>The number format of the backbone while it learns.</summary>
    public TrainingPrecision Precision { get; init; } = TrainingPrecision.Full;

    internal string? Fault
        => Limits.AtLeast(1, nameof(Epochs), Epochs) ?? Limits.AtLeast(1, nameof(Views), Views) ?? Limits.AtLeast(1, nameof(BatchSize), BatchSize)
        ?? Limits.NotNegative(nameof(BackboneRate), BackboneRate) ?? Limits.NotNegative(nameof(ClassifierRate), ClassifierRate)
        ?? Limits.NotNegative(nameof(WeightDecay), WeightDecay) ?? Limits.Share(nameof(LabelSmoothing), LabelSmoothing)
        ?? (Decay is null ? $"{nameof(Decay)} is null; leave it out for a cosine." : Decay.Fault);
}
