using ProtoPNet.MLNet.Confidence;
using Spectre.Console;

namespace ProtoPNet.Cli.Measures;

/// <summary>A <see cref="ConfidenceReport"/> for the console.</summary>
internal static class ConfidenceWording
{
    public static string Calibration(ConfidenceReport report)
    {
        CalibrationMetrics calibration = report.Calibration;
        string before = report.BeforeTemperature is { } uncalibrated
            ? $"; {uncalibrated.ExpectedError:P1} before the temperature {report.Temperature:F2}" : "";
        return $"calibration: error {calibration.ExpectedError:P1} ({calibration.ErrorByChance:P1} by chance alone{before}), "
            + $"{calibration.Confidence:P1} sure and {calibration.Accuracy:P1} right";
    }

    /// <summary>Null for a model without familiarity.</summary>
    public static Table? Abstention(ConfidenceReport report)
    {
        if (report.Abstention.Count == 0) return null;
        bool novel = report.ByFamiliarity is not null;
        var table = new Table().AddColumns("familiar from", "answered", "of these right");
        if (novel) table.AddColumn("of the novel ones answered");
        foreach (AbstentionPoint point in report.Abstention)
        {
            string[] cells = [$"{point.Threshold:F3}", $"{point.Answered:P1}", point.Accuracy is { } right ? $"{right:P1}" : "–"];
            table.AddRow(point.NovelAnswered is { } let ? [.. cells, $"{let:P1}"] : cells);
        }
        return table;
    }

    /// <summary>Null if there were no novel photographs.</summary>
    public static string? Novelty(ConfidenceReport report) => report.ByProbability is not { } probability ? null
        : $"{probability.Novel} novel photographs: AUROC "
            + $"{(report.ByFamiliarity is { } familiarity ? $"{familiarity.Auroc:F3} by familiarity, " : "")}{probability.Auroc:F3} by probability";
}
