using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet;

/// <summary>A model with fewer prototypes, and how it came about.</summary>
/// <param name="Transformer">The new model; it shares no memory with the old one. Dispose of it.</param>
/// <param name="Report">What went, why, and what it cost.</param>
public sealed record PrunedProtoPNet(ProtoPNetTransformer Transformer, PruningReport Report);

/// <summary>Takes prototypes out of trained models.</summary>
public static class ProtoPNetPruning
{
    /// <summary>
    /// Makes a model without some of the prototypes, which stays as it is: those that the rule condemns (paper, supplement S8), those that a person
    /// names, and duplicates. Where prototypes were removed and training photographs are given, the last layer is solved again. Prototypes keep
    /// their sources, pictures and names (<c>Cardinal #3</c> stays #3), not their indices.
    /// </summary>
    /// <param name="transformer">The model.</param>
    /// <param name="options">Which prototypes are to go.</param>
    /// <param name="training">The training photographs, cut as in training; none: no rule, and weights stay as they are.</param>
    /// <param name="test">Photographs to measure both models on; nothing is chosen by them.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="ArgumentException">No such prototype, a class left without any, or photographs missing or of unknown class.</exception>
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
