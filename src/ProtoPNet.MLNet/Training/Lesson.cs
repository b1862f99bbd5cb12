using ProtoPNet.MLNet.Network;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>What the steps of a phase need, created once when the phase begins.</summary>
/// <param name="Phase">The phase.</param>
/// <param name="Source">The batches to learn from.</param>
/// <param name="Loss">The loss to minimise.</param>
internal sealed record Lesson(EpochPhase Phase, IBatchSource Source, ProtoPNetLoss Loss)
{
    /// <summary>The batches to evaluate after each epoch; empty if no images are held out.</summary>
    public required IBatchSource HeldOut { get; init; }

    /// <summary>The number of frozen leading stages.</summary>
    public int FrozenStages { get; init; }

    /// <summary>Ties prototypes to their patches in anchored tuning; null in other phases.</summary>
    public Anchors? Anchors { get; init; }

    /// <summary>Ends the phase early; null to run all epochs.</summary>
    public EarlyStop? Stop { get; init; }

    /// <summary>Squared distances (N × P) of a batch's features (N × C × H × W) to the nearest patches; anchored tuning drops channels.</summary>
    public Tensor Nearest(ProtoPNetNetwork network, Tensor features, TrainingBatch batch, ulong seed)
        => Anchors is null || Phase is not AnchoredTuning tuning ? network.NearestOf(features)
        : Anchors.Nearest(ChannelDropout.Of(features, tuning.Dropout, seed), batch);
}
