using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>What a run of training is given; it never changes.</summary>
/// <param name="Schedule">The phases.</param>
/// <param name="Images">The photographs.</param>
/// <param name="Seed">Determines everything random.</param>
/// <param name="Device">Where to compute.</param>
internal sealed record TrainingContext(TrainingSchedule Schedule, TrainingImages Images, ulong Seed, Device Device)
{
    /// <summary>Memory that kept features of frozen stages may take.</summary>
    public long FeatureBytes { get; init; }

    /// <summary>Whether the backbone starts from weights worth keeping; if not, it is trained whole.</summary>
    public bool IsPretrained { get; init; } = true;

    /// <summary>Receives progress about once a second, and after each epoch.</summary>
    public Action<TrainingProgress> Progress { get; init; } = static _ => { };

    /// <summary>Throws when training is to stop.</summary>
    public Action CheckAlive { get; init; } = static () => { };

    /// <summary>Stops the threads that render.</summary>
    public CancellationToken Cancellation { get; init; }
}
