using ProtoPNet.MLNet.Explanations;

namespace ProtoPNet.MLNet.Reports;

/// <summary>A measure of a model, for readers.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value.</param>
/// <param name="Good">What a good value is.</param>
/// <param name="Meaning">What it says.</param>
internal sealed record MeasureRow(string Name, Markup Value, string Good, string Meaning);

/// <summary>The measures of a report in words; those that were not measured are left out.</summary>
internal static class MeasureRows
{
    public static IReadOnlyList<MeasureRow> Of(InterpretabilityReport report) =>
    [
        .. Percent("consistency", report.Consistency, "high",
            "prototypes that point at the same part in at least 80 % of the photographs of their class that show it"),
        .. Percent("part purity", report.PartPurity, "high", "of the ten photographs nearest to a prototype, those with the same part in the box"),
        .. Percent("no part", report.NoPart, "near 0", "boxes without any annotated part: background, as a rule"),
        .. Percent("stability", report.Stability, "high", "boxes that hold the same parts when noise is added to the photograph"),
        .. Percent("class purity", report.ClassPurity, "high", "of the six photographs nearest to a prototype, those of its class"),
        new("evidence size", Figures.Number(report.EvidenceSize, "evidence-size"), "2 to 4", "prototypes that make up 80 % of the evidence for a prediction"),
        .. Percent("overlap", report.Overlap, "low", "how far the pieces of evidence of a prediction fire at the same place"),
        .. Percent("distinct places", report.DistinctPlaces, "high", "different places among those that the prototypes of a class point at"),
        .. Percent("on the object", report.OnObject, "high", "the area of the evidence's boxes that lies inside the object's box"),
        .. Deletion(report),
        .. Change("completeness", report.Completeness, report, "noise everywhere outside the boxes"),
        .. Change("continuity", report.Continuity, report, "10 % more light"),
        new("distinct prototypes", Markup.Of($"{report.DistinctPrototypes} of {report.Prototypes.Count}"), "all", "prototypes that are different patches"),
        new("weights", Markup.Of($"{report.NonZeroWeights:N0}, {report.NegativeWeights:N0} negative"), "few, none negative",
            "connections of prototypes with classes"),
    ];

    private static IEnumerable<MeasureRow> Percent(string name, double? share, string good, string meaning)
        => share is { } known ? [new(name, Figures.Percent(known, name.Replace(' ', '-')), good, meaning)] : [];

    private static IEnumerable<MeasureRow> Deletion(InterpretabilityReport report) => report.Deletion is not { } deletion ? [] :
    [
        new("deletion", Markup.Of($"−{Figures.Percent(deletion.Evidence, "deletion")} <small>elsewhere −{Figures.Percent(deletion.Elsewhere, "elsewhere")}</small>"),
            "more than elsewhere", $"how far the similarity falls when the box is painted over{On(report)}"),
    ];

    private static IEnumerable<MeasureRow> Change(string name, SimilarityChange? change, InterpretabilityReport report, string what)
        => change is not { } known ? [] :
        [
            new(name, Markup.Of($"{Figures.Percent(known.Similarity, name)} <small>rank {Figures.Percent(known.Rank, name + "-rank")}</small>"), "near 0",
                $"how much the similarities of the five most similar prototypes change under {what}{On(report)}"),
        ];

    private static string On(InterpretabilityReport report)
        => report.PerturbedImages < report.Images ? $" (on {report.PerturbedImages} of the photographs)" : "";
}
