using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Pruning;

namespace ProtoPNet.MLNet;

/// <summary>A pruned model and a report of its pruning.</summary>
/// <param name="Transformer">The new model; it shares no memory with the old one. Dispose of it.</param>
/// <param name="Report">What was removed, why, and at what cost.</param>
public sealed record PrunedProtoPNet(ProtoPNetTransformer Transformer, PruningReport Report);

/// <summary>Removes prototypes from trained models.</summary>
public static class ProtoPNetPruning
{
    /// <summary>
    /// Makes a model without some of the prototypes: those removed by the rule (paper, supplement S8) or by hand, and duplicates. The original is
    /// unchanged. If prototypes were removed and training photographs are given, the last layer is solved again. Prototypes keep their sources,
    /// pictures and names (<c>Cardinal #3</c> stays #3), not their indices.
    /// </summary>
    /// <param name="transformer">The model.</param>
    /// <param name="options">Which prototypes to remove.</param>
    /// <param name="training">
    /// The training photographs, cropped as in training; without them no rule can be applied, and weights are not solved again.
    /// </param>
    /// <param name="test">Photographs to measure both models on; they influence nothing else.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="ArgumentException">
    /// There is no such prototype, a class would have none left, or photographs are missing or of unknown class.
    /// </exception>
    /// <exception cref="UnreadableImageException">A photograph cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public static PrunedProtoPNet Prune(
        this ProtoPNetTransformer transformer, PruningOptions options, IReadOnlyList<AnalysedImage>? training = null,
        IReadOnlyList<AnalysedImage>? test = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(transformer);
        ArgumentNullException.ThrowIfNull(options);
        using SharedModel.Loan loan = transformer.Borrow();
        (TrainedProtoPNet model, PruningReport report) = loan.Model.Prune(options, training ?? [], test ?? [], cancellation);
        return new(transformer.With(model), report);
    }
}
