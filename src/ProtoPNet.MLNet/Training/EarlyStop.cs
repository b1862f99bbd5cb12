using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>
/// Early stopping of a joint phase: measures the accuracy with projected prototypes after each epoch, decides when the phase is over, and restores
/// the best epoch. Its state is the epochs' metrics and the kept weights, so a resumed phase ends like an uninterrupted one.
/// </summary>
internal sealed class EarlyStop(TrainingContext context, TrainingState state, Evaluation evaluation, int patience)
{
    private List<EpochMetrics> Epochs => state.Running!.Epochs;

    /// <summary>Whether <c>patience</c> epochs have passed since the best one.</summary>
    public bool IsOver => Epochs.Count - 1 - BestEpoch() >= patience;

    /// <summary>Measures the epoch that has just ended, and keeps its weights if it is the best so far.</summary>
    public EpochMetrics Measure(EpochMetrics metrics)
    {
        double accuracy = ProjectedAccuracy();
        if (BestEpoch() is var best && (best < 0 || accuracy > Epochs[best].ProjectedAccuracy)) state.Best.Keep(state.Network);
        return metrics with { ProjectedAccuracy = accuracy };
    }

    /// <summary>Restores the network's weights of the best epoch.</summary>
    public void GoBack()
    {
        if (BestEpoch() < 0) return;
        evaluation.BackboneMoves();
        state.Best.GiveBack(state.Network);
    }

    /// <summary>The first of the best epochs, 0-based; −1 if none has ended.</summary>
    private int BestEpoch()
        => Epochs.Count == 0 ? -1 : Enumerable.Range(0, Epochs.Count).MaxBy(i => Epochs[i].ProjectedAccuracy);

    private double ProjectedAccuracy()
    {
        ProtoPNetNetwork network = state.Network;
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        Tensor prototypes = network.PrototypeVectors.detach().clone();
        try
        {
            Projector.Run(network, evaluation.Whole(context.Images.Training).InOrder(0, context.Cancellation), distinct: false, context.Forbidden);
            return evaluation.Accuracy(evaluation.Whole(context.Images.Validation))!.Value;
        }
        finally
        {
            network.PrototypeVectors.copy_(prototypes);
        }
    }
}
