using Spectre.Console;

namespace ProtoPNet.Cli.Bench;

/// <summary>A benchmark's figures for reading: the same cells in the table of the console and on the page.</summary>
internal static class BenchWording
{
    public static IReadOnlyList<string> OurColumns { get; } =
    [
        "model", "pretrained on", "accuracy", "consistency", "stability", "part purity", "no part", "evidence size", "prototypes", "time (last layer)",
    ];

    public static IReadOnlyList<string> PublishedColumns { get; } =
        ["method", "backbone (ImageNet)", "accuracy", "consistency", "stability", "without prototypes", "source"];

    public static IReadOnlyList<string> Cells(OurModel model) =>
    [
        model.Name, model.Pretrained, Share(model.Accuracy), Share(model.Consistency), Share(model.Stability), Share(model.PartPurity),
        Share(model.NoPart), model.EvidenceSize is { } size ? $"{size:F1}" : "–", $"{model.Prototypes}",
        $"{model.Minutes:F1} min ({model.LastLayerShare:P0})",
    ];

    public static IReadOnlyList<string> Cells(OurEnsemble ensemble) =>
    [
        $"ensemble of {string.Join(", ", ensemble.Members)}", "as its members", $"{ensemble.Accuracy:P1}", "–", "–", "–", "–", "–",
        $"{ensemble.Prototypes}", "–",
    ];

    public static IReadOnlyList<string> Cells(PublishedFigure figure) =>
    [
        figure.Method, figure.Backbone, Share(figure.Accuracy), Share(figure.Consistency), Share(figure.Stability), Share(figure.WithoutPrototypes),
        figure.Source,
    ];

    /// <summary>One table, in two parts that share the columns of what both have.</summary>
    public static Table Table(BenchReport report)
    {
        var table = new Table().AddColumns([.. OurColumns.Select(name => name.EscapeMarkup()), "source"]);
        table.AddRow([Heading("measured here"), .. Enumerable.Repeat("", OurColumns.Count)]);
        foreach (IReadOnlyList<string> row in report.Ours.Select(Cells).Concat(report.Ensemble is { } all ? [Cells(all)] : []))
            table.AddRow([.. row.Select(cell => cell.EscapeMarkup()), "this run"]);
        table.AddEmptyRow();
        table.AddRow([Heading("published, not measured here"), .. Enumerable.Repeat("", OurColumns.Count)]);
        foreach (PublishedFigure figure in report.Published)
            table.AddRow(((string[])
            [
                $"{figure.Method}, {figure.Backbone}", "ImageNet", Share(figure.Accuracy), Share(figure.Consistency), Share(figure.Stability),
                "–", "–", "–", "–", "–", figure.Source,
            ]).Select(cell => cell.EscapeMarkup()).ToArray());
        return table;
    }

    private static string Heading(string text) => $"[bold]{text.EscapeMarkup()}[/]";

    private static string Share(double? share) => share is { } known ? $"{known:P1}" : "–";

    private static string Share(PublishedShare? share) => share is { } known ? $"{known}" : "–";
}
