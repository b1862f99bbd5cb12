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

    /// <summary>The latent map of a batch's features (N × C × H × W); anchored tuning drops channels, but sees the same object.</summary>
    public LatentMap Latent(ProtoPNetNetwork network, Tensor features, ulong seed) => Phase is AnchoredTuning tuning
        ? new(network.PatchesOf(ChannelDropout.Of(features, tuning.Dropout, seed)), network.OnObject(features))
        : network.LatentOf(features);

    /// <summary>The loss of a batch with this latent map.</summary>
    public LossTensors LossOf(ProtoPNetNetwork network, LatentMap latent, TrainingBatch batch)
    {
        Tensor prototypes = Anchors?.Prototypes() ?? network.PrototypeVectors;                  // P × D × h × w
        Tensor nearest = ProtoPNetNetwork.MinDistances(network.Distances(latent, prototypes));  // N × P squared distances
        if (Anchors is not null) nearest = Anchors.WithoutOwnPhotographs(nearest, batch);
        Tensor logits = network.Logits(network.Similarity(nearest));                            // N × K
        return Loss.Of(
            new(logits, nearest, Loss.Concentration?.Of(latent, prototypes, batch.Labels)), batch.Labels, network.LastLayer, batch.Images);
    }
}
