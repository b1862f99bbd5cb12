namespace ProtoPNet.MLNet.Training;

/// <summary>A progress report, passed to <c>Options.Progress</c> about once a second during an epoch and at its end.</summary>
public sealed record TrainingProgress
{
    /// <summary>The phase's number in the schedule, from 1; 0 while photographs are read and prototypes placed.</summary>
    public required int Phase { get; init; }

    /// <summary>Phases in the schedule.</summary>
    public required int Phases { get; init; }

    /// <summary>The phase's name.</summary>
    public required string PhaseName { get; init; }

    /// <summary>The epoch, from 1; 0 in phases without epochs.</summary>
    public int Epoch { get; init; }

    /// <summary>Epochs of the phase.</summary>
    public int Epochs { get; init; }

    /// <summary>The fraction of the phase done, from 0 to 1.</summary>
    public required double PhaseFraction { get; init; }

    /// <summary>The current work other than training steps, such as reading photographs or keeping features; otherwise null.</summary>
    public string? Preparing { get; init; }

    /// <summary>The fraction of <see cref="Preparing"/> done, from 0 to 1; 0 at its beginning or if unknown.</summary>
    public double PreparedFraction { get; init; }

    /// <summary>The checkpoint that training resumes from; set once, when it has been accepted; otherwise null.</summary>
    public TrainingCheckpoint? GoesOnFrom { get; init; }

    /// <summary>Images (views) per second of this phase's training steps.</summary>
    public double ImagesPerSecond { get; init; }

    /// <summary>Time since training began.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>An estimate of the time until the phase ends.</summary>
    public TimeSpan PhaseLeft { get; init; }

    /// <summary>
    /// An estimate of the time until training ends, corrected by what the phases so far took; solving the last layer and measuring on test images
    /// are not in it. Zero if unknown.
    /// </summary>
    public TimeSpan RunLeft { get; init; }

    /// <summary>The estimate of each phase; set once, before the first phase or the one that training resumes in; otherwise null.</summary>
    public TrainingEstimate? Estimate { get; init; }

    /// <summary>The metrics of the epoch that has just ended; null within an epoch.</summary>
    public EpochMetrics? Metrics { get; init; }

    /// <summary>
    /// At the beginning of a phase and the end of an epoch: all phases so far, the running one last if it has epochs. Otherwise empty.
    /// </summary>
    public IReadOnlyList<PhaseReport> History { get; init; } = [];
}

/// <summary>Metrics of an epoch: means over its images, weighted if images have weights (accuracies are not).</summary>
/// <param name="Loss">The weighted sum that was minimised.</param>
/// <param name="CrossEntropy">The cross entropy, in nats.</param>
/// <param name="Cluster">The cluster cost: mean squared distance to the nearest prototype of the image's class.</param>
/// <param name="Separation">The separation cost: mean squared distance to the nearest prototype of another class.</param>
/// <param name="AverageSeparation">Mean squared distance to the prototypes of other classes.</param>
/// <param name="L1">Sum of the last layer's absolute weights between classes.</param>
/// <param name="Accuracy">Share of the augmented training views classified correctly, from 0 to 1.</param>
/// <param name="ValidationAccuracy">Share of the held-out images classified correctly, from 0 to 1; null if none are held out.</param>
public sealed record EpochMetrics(
    double Loss, double CrossEntropy, double Cluster, double Separation, double AverageSeparation, double L1, double Accuracy,
    double? ValidationAccuracy)
{
    /// <summary>The concentration cost: mean similarity of an image's patches to the prototypes of its class; 0 if it has no coefficient.</summary>
    public double Concentration { get; init; }

    /// <summary>The same weighted sum as <see cref="Loss"/>, on the held-out images after the epoch; null if none are held out.</summary>
    public double? ValidationLoss { get; init; }

    /// <summary>
    /// The cross entropy on the held-out images after the epoch, in nats, with the phase's temperature and label smoothing as in
    /// <see cref="CrossEntropy"/>; null if none are held out.
    /// </summary>
    public double? ValidationCrossEntropy { get; init; }

    /// <summary>
    /// Share of the held-out images that would be classified correctly with every prototype projected (last layer unchanged), from 0 to 1; null if
    /// the phase does not stop early.
    /// </summary>
    public double? ProjectedAccuracy { get; init; }

    /// <summary>The learning rates at its start; null if unknown.</summary>
    public LearningRates? Rates { get; init; }

    /// <summary>Images (views) per second in its steps.</summary>
    public double ImagesPerSecond { get; init; }

    /// <summary>How long it took, including the measuring after it and, in the first epoch, the computing of kept features.</summary>
    public double Seconds { get; init; }
}

/// <summary>Adam's learning rates; null for parts that the phase does not train.</summary>
/// <param name="Backbone">The backbone's rate.</param>
/// <param name="AddOn">The add-on layers' rate.</param>
/// <param name="Prototypes">The prototypes' rate.</param>
/// <param name="LastLayer">The last layer's rate.</param>
public sealed record LearningRates(double? Backbone, double? AddOn, double? Prototypes, double? LastLayer);
