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

    /// <summary>Receives what a user should know about how a phase goes about its work.</summary>
    public Action<string> Note { get; init; } = static _ => { };

    /// <summary>Throws when training is to stop.</summary>
    public Action CheckAlive { get; init; } = static () => { };

    /// <summary>Stops the threads that render.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Whether the phase at place <paramref name="phase"/> is the last to choose by held-out images: it may then be fitted to them.</summary>
    public bool ChoosesForTheLastTime(int phase) => phase == Schedule.LastChoice;

    /// <summary>
    /// Held-out images that nothing has been fitted to before the phase at place <paramref name="phase"/>: what validation metrics are measured on.
    /// After the last choice the last layer is solved with those that it may be fitted to, and says nothing about them any more.
    /// </summary>
    public int[] Unseen(int phase)
        => Schedule.LastChoice is >= 0 and var last && phase > last && Schedule.Phases[last] is LastLayerFit
            ? [.. Images.Validation.Except(Images.Fittable)]
            : Images.Validation;
}
