using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Training.Checkpoints;

/// <summary>Everything in a checkpoint except its tensors, as JSON.</summary>
internal sealed record CheckpointDescription
{
    /// <summary>Incremented when an older reader would misread the file.</summary>
    public const int CurrentFormat = 2;

    public required int Format { get; init; }

    /// <summary>The version of the package that wrote it; informative only.</summary>
    public required string WrittenBy { get; init; }

    public required DateTimeOffset Written { get; init; }

    /// <summary>How far the run has come; informative only.</summary>
    public required string Place { get; init; }

    public required bool IsFinished { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>All options that the model depends on.</summary>
    public required IReadOnlyDictionary<string, string> Options { get; init; }

    /// <summary>The class of each prototype; pruning removes some.</summary>
    public required IReadOnlyList<int> PrototypeClasses { get; init; }

    public required int Epochs { get; init; }

    public required int JointEpochs { get; init; }

    /// <summary>The penalties of the last fit of the last layer; null if there was none, or the last layer has been stepped since.</summary>
    public required LastLayerPenalties? Penalties { get; init; }

    /// <summary>How familiar the training images look; null before the end, and in checkpoints of earlier versions.</summary>
    public UsualFamiliarity? UsualFamiliarity { get; init; }

    public required TimeSpan Elapsed { get; init; }

    public required IReadOnlyList<Phase> Ended { get; init; }

    /// <summary>The progress of the running phase; null between phases.</summary>
    public required PhaseSoFar? Running { get; init; }

    /// <summary>A <see cref="PhaseReport"/> without the phase, which is in the options, and the weights of a path, which are tensors.</summary>
    internal sealed record Phase(
        double Seconds, double ImagesPerSecond, double? ValidationAccuracy, IReadOnlyList<EpochMetrics> Epochs,
        LastLayerCertificate? LastLayer, IReadOnlyList<Point>? Path, DistinctCost? Distinct,
        PrototypeRemoval? Removal, SteadyingReport? Steadied, double? Temperature = null, TrainingPrecision? Precision = null)
    {
        public static Phase Of(PhaseReport report) => new(
            report.Seconds, report.ImagesPerSecond, report.ValidationAccuracy, report.Epochs, report.LastLayer,
            report.Path is { } path ? [.. path.Points.Select(p => new Point(p.L1, p.OwnClass, p.Solution.Certificate, p.ValidationAccuracy))] : null,
            report.Distinct, report.Removal, report.Steadied, report.Temperature, report.Precision);
    }

    /// <summary>A <see cref="PathPoint"/> without its weights.</summary>
    internal sealed record Point(double L1, OwnClassPenalty OwnClass, LastLayerCertificate Certificate, double? ValidationAccuracy);

    public static CheckpointDescription Of(TrainingState state, RunIdentity run) => new()
    {
        Format = CurrentFormat,
        WrittenBy = $"ProtoPNet.MLNet {OwnVersion.Text}",
        Written = DateTimeOffset.UtcNow,
        Place = PlaceOf(state, run.Schedule.Phases),
        IsFinished = state.Ended.Count == run.Schedule.Phases.Count,
        Seed = run.Seed,
        Options = run.Options,
        PrototypeClasses = state.Network.Architecture.PrototypeClasses,
        Epochs = state.Epochs,
        JointEpochs = state.JointEpochs,
        Penalties = state.Penalties,
        UsualFamiliarity = state.UsualFamiliarity,
        Elapsed = state.Clock.Elapsed,
        Ended = [.. state.Ended.Select(Phase.Of)],
        Running = state.Running is { } running ? new(running.Clock.Elapsed, running.Epochs) : null,
    };

    /// <exception cref="FormatException">This version does not read its format.</exception>
    public void CheckFormat()
    {
        if (Format != CurrentFormat)
            throw new FormatException(
                $"it is of format {Format}, written by {WrittenBy}; this version of ProtoPNet.MLNet reads format {CurrentFormat}.");
    }

    private static string PlaceOf(TrainingState state, IReadOnlyList<TrainingPhase> phases)
    {
        if (state.Ended.Count == phases.Count) return "all phases done";
        string phase = $"phase {state.Ended.Count + 1} of {phases.Count}, {phases[state.Ended.Count].Name}";
        return state.Running is null || (state.Running.Epochs.Count == 0 && state.Losses.Count == 0) ? $"before {phase}"
            : $"{phase}, epoch {state.Running.Epochs.Count + 1}, {state.Losses.Count} steps done";
    }
}
