using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Model;
using Spectre.Console;

namespace ProtoPNet.Cli.Measures;

/// <summary>How good explanations are, as in JSON. Shares from 0 to 1; null where it could not be measured.</summary>
internal sealed record ExplanationFigures(
    int Prototypes, int DistinctPrototypes, double? Consistency, double? Stability, double? PartPurity, double? NoPart, double? ClassPurity,
    double EvidenceSize, double DistinctPlaces, double? Overlap, double? OnObject, Deletion? Deletion, SimilarityChange? Completeness,
    SimilarityChange? Continuity, int PerturbedPhotographs, int NonZeroWeights, int NegativeWeights, IReadOnlyList<TrustFigures> PerPrototype)
{
    public static ExplanationFigures Of(InterpretabilityReport r) => new(
        r.Prototypes.Count, r.DistinctPrototypes, r.Consistency, r.Stability, r.PartPurity, r.NoPart, r.ClassPurity, r.EvidenceSize, r.DistinctPlaces,
        r.Overlap, r.OnObject, r.Deletion, r.Completeness, r.Continuity, r.PerturbedImages, r.NonZeroWeights, r.NegativeWeights,
        [.. r.Prototypes.Select(p => TrustFigures.Of(p.Prototype, p.Trust))]);

    /// <summary>One line: what matters most.</summary>
    public override string ToString()
        => $"explanations: consistency {Share(Consistency)}, stability {Share(Stability)}, part purity {Share(PartPurity)}, no part {Share(NoPart)}, "
            + $"class purity {Share(ClassPurity)}, {EvidenceSize:F1} prototypes for 80 % of the evidence";

    public Table Table()
    {
        var table = new Table().AddColumns("explanations", "");
        table.AddRow("prototypes", $"{Prototypes}, {DistinctPrototypes} of them distinct; {NonZeroWeights} weights ({NegativeWeights} negative)");
        table.AddRow("consistency", Share(Consistency));
        table.AddRow("stability", Share(Stability));
        table.AddRow("part purity", Share(PartPurity));
        table.AddRow("no part in the box", Share(NoPart));
        table.AddRow("class purity", Share(ClassPurity));
        table.AddRow("evidence size", $"{EvidenceSize:F1} prototypes for 80 %");
        table.AddRow("distinct places", $"{DistinctPlaces:P1}");
        table.AddRow("overlap of evidence", Share(Overlap));
        table.AddRow("boxes on the object", Share(OnObject));
        table.AddRow("deletion", Deletion is { } d ? $"similarity falls by {d.Evidence:P1}; by {d.Elsewhere:P1} for a box elsewhere" : "–");
        table.AddRow("completeness", Change(Completeness));
        table.AddRow("continuity", Change(Continuity));
        return table;
    }

    private static string Change(SimilarityChange? change)
        => change is { } known ? $"similarity changes by {known.Similarity:P1}, rank by {known.Rank:P1}" : "–";

    private static string Share(double? share) => share is { } known ? $"{known:P1}" : "–";
}

/// <summary>The same of one prototype.</summary>
internal sealed record TrustFigures(
    int Prototype, string Name, int Photographs, string? Part, int? InBox, int? Visible, double? NoPart, double? Stability, double? PartPurity,
    double? ClassPurity)
{
    public static TrustFigures Of(Prototype prototype, PrototypeTrust trust) => new(
        prototype.Index, prototype.Name, trust.OwnImages, trust.BestPart?.Part, trust.BestPart?.InBox, trust.BestPart?.Visible, trust.NoPart,
        trust.Stability, trust.PartPurity, trust.ClassPurity);
}
