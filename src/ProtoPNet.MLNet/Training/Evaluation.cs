using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>Measures a network on images, in evaluation mode.</summary>
internal static class Evaluation
{
    /// <summary>Share of the images that are classified right; null if there are none.</summary>
    public static double? Accuracy(ProtoPNetNetwork network, IBatchSource source)
    {
        if (source.Count == 0) return null;
        long right = 0;
        ForEachBatch(network, source, 0, (nearest, batch) => right += network.Logits(network.Similarity(nearest)).argmax(1).eq(batch.Labels).sum().item<long>());
        return (double)right / source.Count;
    }

    /// <summary>Calls <paramref name="use"/> with the minimum distances (N × P) of each batch.</summary>
    public static void ForEachBatch(ProtoPNetNetwork network, IBatchSource source, int epoch, Action<Tensor, TrainingBatch> use)
    {
        foreach (TrainingBatch batch in source.Epoch(epoch, CancellationToken.None))
        {
            using var scope = NewDisposeScope();
            using var mode = no_grad();
            Tensor features = network.Features.Run(batch.Inputs, source.StagesDone, network.Features.StageCount);
            use(ProtoPNetNetwork.MinDistances(network.Distances(network.LatentOf(features))), batch);
        }
    }
}
