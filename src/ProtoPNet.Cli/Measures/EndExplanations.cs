using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Explanations;

namespace ProtoPNet.Cli.Measures;

/// <summary>How good the explanations are at the end of training. Only recorded; never fed back into training.</summary>
/// <param name="data">The photographs.</param>
/// <param name="cancellation">Stops between batches.</param>
internal sealed class EndExplanations(TrainingData data, CancellationToken cancellation)
{
    /// <summary>Photographs to change for deletion, completeness and continuity: few, so that training ends soon.</summary>
    private const int ChangedPhotographs = 12;

    /// <summary>Whether <see cref="Of"/> measures on test photographs.</summary>
    public bool OnTest => data.Dataset.Test.Count > 0;

    /// <summary>The measures on the test photographs (the training photographs if there are none); null if no part is annotated.</summary>
    public InterpretabilityReport? Of(ProtoPNetTransformer model)
    {
        IReadOnlyList<ImageRecord> records = OnTest ? data.Dataset.Test : data.Dataset.Train;
        if (!records.Any(record => data.Dataset.Parts.ContainsKey(record.ImagePath))) return null;
        try
        {
            IReadOnlyList<AnalysedImage> images = AnalysedPhotographs.Of(data.Dataset, records, model.ClassNames, data.Crop);
            return model.MeasureInterpretability(
                data.Crop ? images : AnalysedPhotographs.WithObjects(images, data.Uncut),
                AnalysedPhotographs.Changing(ChangedPhotographs, records.Count), cancellation);
        }
        catch (Exception e) when (e is not (OperationCanceledException or OutOfMemoryException))
        {
            // The photographs were readable when training began, and the model does not depend on these measures.
            Console.Error.WriteLine($"warning: The explanations could not be measured. {e.GetBaseException().Message}");
            return null;
        }
    }
}
