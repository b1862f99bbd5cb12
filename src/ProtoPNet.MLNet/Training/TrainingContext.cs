using ProtoPNet.MLNet.Native;
using ProtoPNet.MLNet.Training.Features;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>The inputs of a training run; immutable.</summary>
/// <param name="Schedule">The phases.</param>
/// <param name="Images">The photographs.</param>
/// <param name="Seed">Determines everything random.</param>
/// <param name="Device">The device to compute on.</param>
internal sealed record TrainingContext(TrainingSchedule Schedule, TrainingImages Images, ulong Seed, Device Device)
{
    /// <summary>The number format of the backbone in gradient phases: that of the schedule, or what it stands for on this device.</summary>
    public TrainingPrecision Precision => Schedule.Precision != TrainingPrecision.Automatic ? Schedule.Precision
        : Device.type == DeviceType.CPU && Bfloat16.IsNative ? TrainingPrecision.BFloat16 : TrainingPrecision.Full;

    /// <summary>The type that the backbone computes in during gradient phases.</summary>
    public ScalarType StepType => Precision == TrainingPrecision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;

    /// <summary>The space for kept features of frozen stages.</summary>
    public FeatureLimits Features { get; init; } = FeatureLimits.None;

    /// <summary>Whether the backbone starts from pretrained weights; otherwise it is trained whole.</summary>
    public bool IsPretrained { get; init; } = true;

    /// <summary>The prototypes that an earlier model has placed, which start where they are.</summary>
    public IReadOnlySet<int> Placed { get; init; } = new HashSet<int>();

    /// <summary>The patches that projection does not take.</summary>
    public ForbiddenPlaces Forbidden { get; init; } = ForbiddenPlaces.None;

    /// <summary>Receives progress about once a second, and after each epoch.</summary>
    public Action<TrainingProgress> Progress { get; init; } = static _ => { };

    /// <summary>Receives notes for the user about how a phase works.</summary>
    public Action<string> Note { get; init; } = static _ => { };

    /// <summary>Throws when training should stop.</summary>
    public Action CheckAlive { get; init; } = static () => { };

    /// <summary>Stops the rendering threads.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Whether phase <paramref name="phase"/> is the last to choose by held-out images, and may then be fitted to them.</summary>
    public bool ChoosesForTheLastTime(int phase) => phase == Schedule.LastChoice;

    /// <summary>
    /// The held-out images that nothing has been fitted to before phase <paramref name="phase"/>; validation metrics are measured on these. After the
    /// last choice, the last layer is fitted to those of the training data, so they no longer measure anything.
    /// </summary>
    public int[] Unseen(int phase)
        => Schedule.LastChoice is >= 0 and var last && phase > last && Schedule.Phases[last] is LastLayerFit
            ? [.. Images.Validation.Except(Images.Fittable)]
            : Images.Validation;
}
