using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Training;

/// <summary>What a phase came to.</summary>
/// <param name="Phase">The phase.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="ImagesPerSecond">Views learned from per second; 0 where nothing is learned by gradient.</param>
/// <param name="ValidationAccuracy">
/// Share of held-out images that were right after it, from 0 to 1; null where none are held out, or the last layer has been fitted to them since.
/// </param>
/// <param name="Epochs">Figures of its epochs.</param>
/// <param name="LastLayer">Proof of the last layer's optimum; null in other phases.</param>
/// <param name="Path">The values of λ that were looked at; null in other phases.</param>
public sealed record PhaseReport(
    TrainingPhase Phase, double Seconds, double ImagesPerSecond, double? ValidationAccuracy, IReadOnlyList<EpochMetrics> Epochs,
    LastLayerCertificate? LastLayer, RegularisationPath? Path)
{
    /// <summary>What it cost that no two prototypes of a class took the same patch; null where the phase did not ask for it.</summary>
    public DistinctCost? Distinct { get; init; }
}

/// <summary>What a projection onto distinct patches costs: by how much squared distances exceed those to the nearest patches.</summary>
/// <param name="Displaced">Prototypes whose nearest patch another one of their class had taken.</param>
/// <param name="Mean">The mean excess over all prototypes.</param>
/// <param name="Max">The greatest.</param>
public sealed record DistinctCost(int Displaced, double Mean, double Max)
{
    internal static DistinctCost Of(IReadOnlyList<ProjectedPrototype> projected)
        => new(projected.Count(p => p.Detour > 0), projected.Average(p => p.Detour), projected.Max(p => p.Detour));

    /// <inheritdoc/>
    public override string ToString()
        => $"{Displaced} prototypes gave way to others of their class, squared distances {Mean:G3} greater in the mean, {Max:G3} at most";
}

/// <summary>Takes a session through the phases of its schedule, from where it stands.</summary>
internal static class TrainingRun
{
    /// <summary>
    /// A checkpoint is kept at the beginning and after each phase; <paramref name="phaseEnded"/> is told of every phase that ends in this process.
    /// </summary>
    public static void Run(TrainingSession session, Action<PhaseReport> phaseEnded)
    {
        TrainingSchedule schedule = session.Settings.Schedule;
        if (schedule.StopsEarly && session.Images.Validation.Length == 0)
            throw new InvalidOperationException(
                "The schedule stops a joint phase early by the accuracy of held-out images, but none are held out: the classes are too small. "
                + "Add images, or set Patience to null.");
        if (!session.IsResumed)
        {
            Start(session);
            session.Settings.Checkpoints?.Write(session);
        }
        while (session.Ended.Count < schedule.Phases.Count)
        {
            PhaseReport report = Run(session, schedule.Phases[session.Ended.Count], session.BeginPhase());
            // Told first: whoever notes it down has done so when the checkpoint says that it is over.
            phaseEnded(report);
            session.EndPhase(report);
            session.Settings.Checkpoints?.Write(session);
        }
    }

    private static void Start(TrainingSession session)
    {
        if (session.Settings.Schedule.PrototypeStart != PrototypeStart.OwnClassPatches) return;
        session.Evaluating();
        PrototypeStarter.Run(session, _ => session.Settings.CheckAlive());
    }

    private static PhaseReport Run(TrainingSession session, TrainingPhase phase, PhaseProgress progress)
    {
        progress.Started();
        L1Chosen? chosen = null;
        switch (phase)
        {
            case GradientPhase gradient:
                new GradientTrainer(session, progress).Run(gradient);
                break;
            case Projection projection:
                session.Evaluating();
                session.Projected = Projector.Run(
                    session.Network, session.Inference.Of, progress.Count(session.Whole(session.Images.Training)), projection.Distinct);
                break;
            case LastLayer lastLayer:
                chosen = LastLayerTrainer.Solve(session, lastLayer, progress);
                break;
            case SteppedLastLayer stepped:
                LastLayerTrainer.Step(session, stepped, progress);
                break;
            case Pruning pruning:
                Pruner.Run(session, new PruningRule(pruning.Nearest, pruning.Threshold));
                break;
            default:
                throw new NotSupportedException($"The phase {phase.Name} is not known.");
        }
        // Once the last layer is solved with them too, held-out images no longer measure anything: what they said before counts.
        double? validation = chosen is not null ? chosen.Path.Points.First(p => p.L1 == chosen.L1).ValidationAccuracy
            : phase is GradientPhase and not Joint { Patience: not null } ? progress.Last?.ValidationAccuracy
            : Evaluation.Accuracy(session, session.Whole(session.Unseen));
        return new(
            phase, progress.Elapsed.TotalSeconds, phase is GradientPhase ? progress.ImagesPerSecond : 0, validation, progress.Epochs,
            chosen?.Solution.Certificate, chosen?.Path)
        {
            Distinct = phase is Projection { Distinct: true } ? DistinctCost.Of(session.Projected) : null,
        };
    }
}
