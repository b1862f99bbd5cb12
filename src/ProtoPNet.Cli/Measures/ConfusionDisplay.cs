using ProtoPNet.MLNet.Reports;
using Spectre.Console;

namespace ProtoPNet.Cli.Measures;

/// <summary>Shows in a terminal what a model confuses.</summary>
internal static class ConfusionDisplay
{
    /// <summary>The largest matrix that fits a terminal of usual width.</summary>
    private const int LargestMatrix = 12;

    private const int ListedMistakes = 10;

    /// <summary>The figures of each class.</summary>
    public static Table Classes(ConfusionReport report)
    {
        var table = new Table().AddColumns("class", "photographs", "recall", "precision", "F1");
        foreach (ConfusedClass c in report.Classes)
            table.AddRow(c.Name.EscapeMarkup(), $"{c.Images}", Share(c.Recall), Share(c.Precision), Share(c.F1));
        return table;
    }

    /// <summary>The matrix, with a row for each true class; only the most frequent mistakes if it is too large.</summary>
    public static Table Mistakes(ConfusionReport report)
    {
        int classes = report.ClassNames.Count;
        if (classes > LargestMatrix)
        {
            var list = new Table().AddColumns("photographs of", "taken for", "number");
            foreach (Confusion one in report.Confusions.Take(ListedMistakes))
                list.AddRow(one.Actual.EscapeMarkup(), one.Predicted.EscapeMarkup(), $"{one.Images}");
            return list;
        }
        var matrix = new Table().AddColumn("taken for").AddColumns([.. Enumerable.Range(1, classes).Select(k => new TableColumn($"{k}").RightAligned())]);
        for (int actual = 0; actual < classes; actual++)
            matrix.AddRow([$"{actual + 1} {report.ClassNames[actual].EscapeMarkup()}",
                .. Enumerable.Range(0, classes).Select(predicted => report[actual, predicted] is > 0 and var count ? $"{count}" : "")]);
        return matrix;
    }

    private static string Share(double? share) => share is { } known ? $"{known:P1}" : "–";
}
