using Microsoft.ML;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Training;

namespace ProtoPNet.Cli.Measures;

/// <summary>Test accuracy during training. Only recorded; never fed back into training.</summary>
/// <param name="ml">The context of the data.</param>
/// <param name="test">Labelled pictures; null without a test split.</param>
internal sealed class StageAccuracy(MLContext ml, IDataView? test)
{
    /// <summary>The name of this activity in progress output.</summary>
    public const string Activity = "measuring on the test photographs";

    /// <summary>Whether to measure at the end of this phase.</summary>
    public bool Measures(PhaseResult result) => test is not null && result.Report.Phase is Joint or Projection;

    /// <summary>The accuracies measured, including those from before a resume.</summary>
    public TrainingMetrics.Stages Measured { get; set; } = new(null, null, null);

    /// <summary>Call at the end of each phase.</summary>
    public void PhaseEnded(PhaseResult result)
    {
        if (result.Report.Phase is Joint) Measured = Measured with { Joint = Of(result.Model) };
        if (result.Report.Phase is Projection) Measured = Measured with { Projected = Of(result.Model) };
    }

    /// <param name="model">The finished model.</param>
    /// <param name="known">Its accuracy on the test pictures, if that is known already.</param>
    public TrainingMetrics.Stages Ended(ProtoPNetTransformer model, double? known = null) => Measured with { Final = known ?? Of(model) };

    /// <summary>The share of test pictures that <paramref name="model"/> classifies correctly.</summary>
    private double? Of(ProtoPNetTransformer model)
    {
        if (test is null) return null;
        try
        {
            return ml.MulticlassClassification.Evaluate(model.Transform(test)).MicroAccuracy;
        }
        catch (Exception e) when (e is not (OperationCanceledException or OutOfMemoryException))
        {
            // The test photographs were readable when training began, and the model does not depend on them.
            Console.Error.WriteLine($"warning: The accuracy on the test photographs could not be measured. {e.GetBaseException().Message}");
            return null;
        }
    }
}
