namespace ProtoPNet.MLNet.Training;

/// <summary>A moment of training, as <c>Options.Progress</c> is told: during an epoch about once a second, and at its end.</summary>
public sealed record TrainingProgress
{
    /// <summary>The phase's place in the schedule, from 1.</summary>
    public required int Phase { get; init; }

    /// <summary>Phases in the schedule.</summary>
    public required int Phases { get; init; }

    /// <summary>The phase's name.</summary>
    public required string PhaseName { get; init; }

    /// <summary>The epoch, from 1; 0 in phases without epochs.</summary>
    public int Epoch { get; init; }

    /// <summary>Epochs of the phase.</summary>
    public int Epochs { get; init; }

    /// <summary>How much of the phase is done, from 0 to 1.</summary>
    public required double PhaseFraction { get; init; }

    /// <summary>Images (views) per second in this phase, of training itself.</summary>
    public double ImagesPerSecond { get; init; }

    /// <summary>Time since training began.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>An estimate of the time until the phase ends.</summary>
    public TimeSpan PhaseLeft { get; init; }

    /// <summary>The figures of the epoch that has just ended; null within an epoch.</summary>
    public EpochMetrics? Metrics { get; init; }

    /// <summary>
    /// At a phase's beginning and at an epoch's end: all phases so far, the running one last where it has epochs. Empty in between.
    /// </summary>
    public IReadOnlyList<PhaseReport> History { get; init; } = [];
}

/// <summary>Figures of an epoch: means over its images, weighted where images have weights (accuracies are not).</summary>
/// <param name="Loss">The weighted sum that was minimised.</param>
/// <param name="CrossEntropy">In nats.</param>
/// <param name="Cluster">Squared distance to the nearest prototype of the own class.</param>
/// <param name="Separation">Squared distance to the nearest prototype of another class.</param>
/// <param name="AverageSeparation">Mean squared distance to the prototypes of other classes.</param>
/// <param name="L1">Sum of the last layer's absolute weights between classes.</param>
/// <param name="Accuracy">Share of the augmented training views that were right, from 0 to 1.</param>
/// <param name="ValidationAccuracy">Share of the held-out images that were right, from 0 to 1; null where none are held out.</param>
public sealed record EpochMetrics(
    double Loss, double CrossEntropy, double Cluster, double Separation, double AverageSeparation, double L1, double Accuracy,
    double? ValidationAccuracy)
{
    /// <summary>The same weighted sum as <see cref="Loss"/>, of the held-out images after the epoch; null where none are held out.</summary>
    public double? ValidationLoss { get; init; }

    /// <summary>
    /// The cross entropy of the held-out images after the epoch, in nats, with the phase's temperature and label smoothing as in
    /// <see cref="CrossEntropy"/>; null where none are held out.
    /// </summary>
    public double? ValidationCrossEntropy { get; init; }

    /// <summary>
    /// Share of the held-out images that would be right with every prototype projected (the last layer as it is), from 0 to 1; null where the phase
    /// does not stop early.
    /// </summary>
    public double? ProjectedAccuracy { get; init; }

    /// <summary>The learning rates when it began; null where they are not known.</summary>
    public LearningRates? Rates { get; init; }

    /// <summary>Images (views) per second of its steps.</summary>
    public double ImagesPerSecond { get; init; }

    /// <summary>How long it took, with the measuring after it, and before the first one with the filling of kept features.</summary>
    public double Seconds { get; init; }
}

/// <summary>Adam's learning rates; null for what the phase does not move.</summary>
/// <param name="Backbone">Of the backbone.</param>
/// <param name="AddOn">Of the add-on layers.</param>
/// <param name="Prototypes">Of the prototypes.</param>
/// <param name="LastLayer">Of the last layer.</param>
public sealed record LearningRates(double? Backbone, double? AddOn, double? Prototypes, double? LastLayer);
