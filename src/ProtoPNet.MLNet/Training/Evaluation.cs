using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>Measures a network on images, in evaluation mode.</summary>
internal static class Evaluation
{
    /// <summary>Share of the images that are classified right; null if there are none.</summary>
    public static double? Accuracy(TrainingSession session, IBatchSource source)
    {
        if (source.Count == 0) return null;
        ProtoPNetNetwork network = session.Network;
        long right = 0;
        ForEachBatch(session, source, 0, (nearest, batch)
            => right += network.Logits(network.Similarity(nearest)).argmax(1).eq(batch.Labels).sum().item<long>());
        return (double)right / source.Count;
    }

    /// <summary>Calls <paramref name="use"/> with the minimum distances (N × P) of each batch.</summary>
    public static void ForEachBatch(TrainingSession session, IBatchSource source, int epoch, Action<Tensor, TrainingBatch> use)
    {
        ProtoPNetNetwork network = session.Network;
        foreach (TrainingBatch batch in source.Epoch(epoch, session.Settings.Cancellation))
        {
            using var scope = NewDisposeScope();
            using var mode = no_grad();
            Tensor features = session.Inference.Run(batch.Inputs, source.StagesDone, network.Features.StageCount);
            session.Settings.CheckAlive();
            use(network.NearestOf(features), batch);
        }
    }
}
