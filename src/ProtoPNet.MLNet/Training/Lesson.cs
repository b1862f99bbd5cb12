using ProtoPNet.MLNet.Network;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>What the steps of a phase work with, made once when the phase begins.</summary>
/// <param name="Phase">The phase.</param>
/// <param name="Source">The batches to learn from.</param>
/// <param name="Loss">What is minimised.</param>
internal sealed record Lesson(EpochPhase Phase, IBatchSource Source, ProtoPNetLoss Loss)
{
    /// <summary>The batches to measure on after each epoch; empty where no images are held out.</summary>
    public required IBatchSource HeldOut { get; init; }

    /// <summary>The leading stages of the backbone that learn nothing.</summary>
    public int FrozenStages { get; init; }

    /// <summary>Ties prototypes to their patches in anchored tuning; null elsewhere.</summary>
    public Anchors? Anchors { get; init; }

    /// <summary>Ends the phase early; null: all epochs run.</summary>
    public EarlyStop? Stop { get; init; }

    /// <summary>Squared distances (N × P) of a batch's features (N × C × H × W) to the nearest patches, in anchored tuning with channels left out.</summary>
    public Tensor Nearest(ProtoPNetNetwork network, Tensor features, TrainingBatch batch, ulong seed)
        => Anchors is null || Phase is not AnchoredTuning tuning ? network.NearestOf(features)
        : Anchors.Nearest(ChannelDropout.Of(features, tuning.Dropout, seed), batch);
}
