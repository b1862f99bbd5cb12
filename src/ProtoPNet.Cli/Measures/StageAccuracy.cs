using Microsoft.ML;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Training;

namespace ProtoPNet.Cli.Measures;

/// <summary>Test accuracy as training goes. It is written down only: nothing of it flows back into training.</summary>
/// <param name="ml">The context of the rows.</param>
/// <param name="test">Labelled pictures; null where there is no test split.</param>
internal sealed class StageAccuracy(MLContext ml, IDataView? test)
{
    /// <summary>What to call the measuring.</summary>
    public const string Activity = "measuring on the test photographs";

    /// <summary>Whether the end of this phase is a moment to measure at.</summary>
    public bool Measures(PhaseResult result) => test is not null && result.Report.Phase is Joint or Projection;

    /// <summary>What has been measured; a resumed run begins with what was measured before.</summary>
    public TrainingMetrics.Stages Measured { get; set; } = new(null, null, null);

    /// <summary>To be called at each end of a phase.</summary>
    public void PhaseEnded(PhaseResult result)
    {
        if (result.Report.Phase is Joint) Measured = Measured with { Joint = Of(result.Model) };
        if (result.Report.Phase is Projection) Measured = Measured with { Projected = Of(result.Model) };
    }

    public TrainingMetrics.Stages Ended(ProtoPNetTransformer model) => Measured with { Final = Of(model) };

    /// <summary>The share of the test pictures that <paramref name="model"/> gets right.</summary>
    private double? Of(ProtoPNetTransformer model)
    {
        if (test is null) return null;
        try
        {
            return ml.MulticlassClassification.Evaluate(model.Transform(test)).MicroAccuracy;
        }
        catch (Exception e) when (e is not (OperationCanceledException or OutOfMemoryException))
        {
            // The test photographs could be read when training began. The model does not depend on them.
            Console.Error.WriteLine($"warning: The accuracy on the test photographs could not be measured. {e.GetBaseException().Message}");
            return null;
        }
    }
}
