using ProtoPNet.MLNet.Confidence;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Reports;

namespace ProtoPNet.Cli.Measures;

/// <summary>A model of a comparison, as in <c>comparison.json</c>.</summary>
internal sealed record ComparedFigures(
    string Model, double Accuracy, double LogLoss, ConfidenceReport Confidence, double? TrainingSeconds, double ImagesPerSecond, long FileBytes,
    FaithfulnessReport Faithfulness, ExplanationFigures? Prototypes)
{
    public static ComparedFigures Of(ComparedModel model) => new(
        model.Name, model.Accuracy, model.LogLoss, model.Confidence, model.TrainingSeconds, model.ImagesPerSecond, model.FileBytes, model.Faithfulness,
        model.Prototypes is { } measured ? ExplanationFigures.Of(measured) : null);
}
