using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Pruning;

namespace ProtoPNet.MLNet;

/// <summary>Applies a person's edits to trained models.</summary>
public static class ProtoPNetEditing
{
    /// <summary>
    /// Makes a model in which prototypes are struck out, merged or renamed, as a person decided after looking at them. The original is unchanged. If
    /// prototypes left and training photographs are given, the last layer is solved again. The new model records the edits.
    /// </summary>
    /// <param name="transformer">The model.</param>
    /// <param name="revision">The edits: who made them, when, and what they are.</param>
    /// <param name="training">The training photographs, cropped as in training; without them weights are not solved again.</param>
    /// <param name="test">Photographs to measure both models on; they influence nothing else.</param>
    /// <param name="options">How the last layer is solved.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="ArgumentException">An edit does not fit the model, or photographs are missing or of unknown class.</exception>
    /// <exception cref="UnreadableImageException">A photograph cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public static PrunedProtoPNet Edit(
        this ProtoPNetTransformer transformer, ModelRevision revision, IReadOnlyList<AnalysedImage>? training = null,
        IReadOnlyList<AnalysedImage>? test = null, EditingOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(transformer);
        ArgumentNullException.ThrowIfNull(revision);
        using SharedModel.Loan loan = transformer.Borrow();
        (TrainedProtoPNet model, PruningReport report) = loan.Model.Edit(revision, options ?? new(), training ?? [], test ?? [], cancellation);
        return new(transformer.With(model), report);
    }
}
