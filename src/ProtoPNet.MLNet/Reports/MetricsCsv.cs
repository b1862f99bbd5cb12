using System.Globalization;
using System.Text;
using ProtoPNet.MLNet.Training;

namespace ProtoPNet.MLNet.Reports;

/// <summary>The metrics of all epochs as CSV, one line per epoch.</summary>
internal static class MetricsCsv
{
    private const string Heading = "phase,name,epoch,loss,cross_entropy,cluster,separation,average_separation,concentration,l1,"
        + "accuracy,validation_accuracy,projected_accuracy,validation_loss,validation_cross_entropy,"
        + "backbone_rate,add_on_rate,prototype_rate,last_layer_rate,images_per_second,seconds\n";

    public static string Render(IReadOnlyList<PhaseReport> phases)
    {
        var text = new StringBuilder(Heading);
        foreach ((int i, PhaseReport phase) in phases.Index())
            foreach ((int j, EpochMetrics m) in phase.Epochs.Index())
                text.Append(CultureInfo.InvariantCulture, $"{i + 1},{phase.Phase.Name.Replace(",", "", StringComparison.Ordinal)},{j + 1},"
                        + $"{m.Loss:R},{m.CrossEntropy:R},{m.Cluster:R},{m.Separation:R},")
                    .Append(CultureInfo.InvariantCulture,
                        $"{m.AverageSeparation:R},{m.Concentration:R},{m.L1:R},{m.Accuracy:R},{m.ValidationAccuracy:R},{m.ProjectedAccuracy:R},")
                    .Append(CultureInfo.InvariantCulture, $"{m.ValidationLoss:R},{m.ValidationCrossEntropy:R},")
                    .Append(CultureInfo.InvariantCulture, $"{m.Rates?.Backbone:R},{m.Rates?.AddOn:R},{m.Rates?.Prototypes:R},{m.Rates?.LastLayer:R},")
                    .Append(CultureInfo.InvariantCulture, $"{m.ImagesPerSecond:F1},{m.Seconds:F3}\n");
        return text.ToString();
    }
}
