using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>What a network is worth on images that are held out; null where there are none.</summary>
internal readonly record struct HeldOutFigures(double? Accuracy, double? Loss, double? CrossEntropy)
{
    public EpochMetrics In(EpochMetrics metrics)
        => metrics with { ValidationAccuracy = Accuracy, ValidationLoss = Loss, ValidationCrossEntropy = CrossEntropy };
}

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

    /// <summary>Accuracy and losses on images that are held out; nothing if there are none.</summary>
    public static HeldOutFigures HeldOut(TrainingSession session, IBatchSource source, ProtoPNetLoss loss)
    {
        if (source.Count == 0) return new(null, null, null);
        ProtoPNetNetwork network = session.Network;
        double right = 0, total = 0, crossEntropy = 0;
        ForEachBatch(session, source, 0, (nearest, batch) =>
        {
            Tensor logits = network.Logits(network.Similarity(nearest));
            LossTensors l = loss.Of(logits, nearest, batch.Labels, network.LastLayer, batch.Images);
            right += l.Correct.item<float>();
            total += l.Total.item<float>() * batch.Images.Length;
            crossEntropy += l.CrossEntropy.item<float>() * batch.Images.Length;
        });
        return new(right / source.Count, total / source.Count, crossEntropy / source.Count);
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
