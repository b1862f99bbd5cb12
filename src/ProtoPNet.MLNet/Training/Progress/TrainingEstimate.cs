namespace ProtoPNet.MLNet.Training;

/// <summary>How long a phase is expected to take.</summary>
/// <param name="Name">The phase's name; "preparation" for the work before the first phase.</param>
/// <param name="Time">The estimate.</param>
/// <param name="IsWhole">False if a part cannot be known before: solving the last layer, whose iterations nobody knows.</param>
public sealed record PhaseEstimate(string Name, TimeSpan Time, bool IsWhole);

/// <summary>
/// How long training is expected to take: the work of each phase, at the speed of a few views measured on this machine. An estimate; it includes neither
/// solving the last layer nor measuring on test images.
/// </summary>
/// <param name="Phases">The preparation, if it is still to come, and the phases still to come.</param>
public sealed record TrainingEstimate(IReadOnlyList<PhaseEstimate> Phases)
{
    /// <summary>The time of all of them.</summary>
    public TimeSpan Total => Phases.Aggregate(TimeSpan.Zero, (sum, phase) => sum + phase.Time);

    /// <summary>Whether <see cref="Total"/> is all that is still to come.</summary>
    public bool IsWhole => Phases.All(phase => phase.IsWhole);
}
