using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>
/// Measures after each epoch of a joint phase what the network would be worth with its prototypes projected, says when the phase is over, and takes
/// the network back to its best epoch. What it knows follows from the epochs' figures and the kept weights, so that a resumed phase ends as it would
/// have.
/// </summary>
internal sealed class EarlyStop(TrainingContext context, TrainingState state, TrainingViews views, Evaluation evaluation, int patience)
{
    private List<EpochMetrics> Epochs => state.Running!.Epochs;

    /// <summary>Whether the best epoch lies as many epochs back as patience lasts.</summary>
    public bool IsOver => Epochs.Count - 1 - BestEpoch() >= patience;

    /// <summary>Measures the epoch that has just ended, and keeps its weights if it is the best so far.</summary>
    public EpochMetrics Measure(EpochMetrics metrics)
    {
        double accuracy = ProjectedAccuracy();
        if (BestEpoch() is var best && (best < 0 || accuracy > Epochs[best].ProjectedAccuracy)) state.Best.Keep(state.Network);
        return metrics with { ProjectedAccuracy = accuracy };
    }

    /// <summary>Takes the network back to the best epoch.</summary>
    public void GoBack()
    {
        if (BestEpoch() < 0) return;
        evaluation.BackboneMoves();
        state.Best.GiveBack(state.Network);
    }

    /// <summary>The first of the best epochs, from 0; −1 before the first.</summary>
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
            Projector.Run(
                network, evaluation.Features.Of, views.Whole(context.Images.Training).InOrder(0, context.Cancellation), distinct: false);
            return evaluation.Accuracy(views.Whole(context.Images.Validation))!.Value;
        }
        finally
        {
            network.PrototypeVectors.copy_(prototypes);
        }
    }
}
