using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Layers;
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

    /// <summary>Learns beside the prototypes, and lets the backbone learn from every cell; null if nothing does.</summary>
    public PooledHead? Pooled { get; init; }

    /// <summary>Ends the phase early; null to run all epochs.</summary>
    public EarlyStop? Stop { get; init; }

    /// <summary>The latent map of a batch's features (N × C × H × W); anchored tuning drops channels, but sees the same object.</summary>
    private LatentMap Latent(ProtoPNetNetwork network, Tensor features, ulong seed) => Phase is AnchoredTuning tuning
        ? new(network.PatchesOf(ChannelDropout.Of(features, tuning.Dropout, seed)), network.OnObject(features))
        : network.LatentOf(features);

    /// <summary>
    /// The loss of a batch with these features (N × C × H × W); adds its gradients to those of all that learns. The costs are differentiated first, by
    /// distances alone, then the network up to them: the gradient of a distance is that of its nearest patch, and the map of all distances is never made.
    /// </summary>
    public LossTensors Learn(ProtoPNetNetwork network, Tensor features, TrainingBatch batch, ulong seed)
    {
        LatentMap latent = Latent(network, features, seed);                                     // N × D × H × W
        Tensor prototypes = Anchors?.Prototypes() ?? network.PrototypeVectors;                  // P × D × h × w
        Tensor patches = Patches.Rows(latent.Values, network.Architecture);                     // N × H'W' × Dhw
        NearestDistances distances = network.Nearest(patches, latent.OnObject, prototypes);
        Tensor nearest = distances.Values.detach().requires_grad_();                            // N × P squared distances
        LatentMap map = latent with { Values = latent.Values.detach().requires_grad_() };
        Tensor vectors = prototypes.detach().requires_grad_();

        Tensor compared = Anchors?.WithoutOwnPhotographs(nearest, batch) ?? nearest;
        Tensor logits = network.Logits(network.Similarity(compared));                           // N × K
        Tensor? concentration = Loss.Concentration?.Of(map, vectors, batch.Labels);
        LossTensors loss = Loss.Of(new(logits, compared, concentration), batch.Labels, network.LastLayer, batch.Images);
        loss.Total.backward();

        (Tensor ofPatches, Tensor ofPrototypes) = distances.Gradients(nearest.grad!);
        Tensor ofVectors = ofPrototypes.reshape(prototypes.shape);
        List<(Tensor Of, Tensor? Gradient)> all =
            [(patches, ofPatches), (prototypes, vectors.grad is { } more ? ofVectors.Plus(more) : ofVectors), (latent.Values, map.Values.grad)];
        if (Pooled is not null) all.Add(Pooled.Learn(features, logits => Loss.Pooled(logits, batch)));
        (Tensor Of, Tensor? Gradient)[] learning = [.. all.Where(a => a.Gradient is not null && a.Of.requires_grad)];
        if (learning.Length > 0) autograd.backward([.. learning.Select(a => a.Of)], [.. learning.Select(a => a.Gradient!)]);
        return loss;
    }
}
