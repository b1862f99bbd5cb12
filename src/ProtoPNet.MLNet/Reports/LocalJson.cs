using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Reports;

/// <summary>The numbers of a local page, in the form of its JSON. Boxes are rows and columns of the network's input, ends exclusive.</summary>
internal sealed record LocalJson(
    string Photograph, string? Backbone, int ImageSize, int FieldOfView, string Predicted, float? Familiarity, UsualFamiliarity? UsualFamiliarity, IReadOnlyList<ClassScore> Classes,
    IEnumerable<LocalJson.OfClass> Evidence, IEnumerable<LocalJson.OfContrast> WhyNot, IEnumerable<LocalJson.Fires> MostActivated)
{
    public static LocalJson Of(LocalReport report) => new(
        report.Name, report.Backbone?.ToString(), report.Explanation.ImageSize, report.Explanation.FieldOfView, report.Explanation.Predicted.Name,
        report.Explanation.Familiarity, report.Explanation.UsualFamiliarity, report.Explanation.Ranking, report.Evidence.Select(evidence => Of(report, evidence)), report.Contrasts.Select(Of),
        report.MostActivated.Select(activation => new Fires(
            activation.Prototype.Index, activation.Prototype.Name, activation.Similarity, BoxOf(activation))));

    private static OfClass Of(LocalReport report, ClassEvidence evidence) => new(
        evidence.Class.Name, evidence.Class.Index, evidence.Class.Logit, evidence.Class.Probability,
        evidence.Evidence.Select(line => Of(report, line)), evidence.Remaining, evidence.Sum);

    private static Line Of(LocalReport report, Evidence line) => new(
        line.Activation.Prototype.Index, line.Activation.Prototype.Name, line.Activation.Similarity, line.Weight, line.Points,
        [line.Activation.CellRow, line.Activation.CellColumn], BoxOf(line.Activation), SourceJson.BoxOf(line.Activation.ReceptiveField),
        report.MaskedOf(line.Activation) is { } check ? new(check.After, check.Drop) : null, SourceJson.Of(line.Activation.Prototype),
        line.Activation.Prototype.Trust, line.Activation.Prototype.Words);

    /// <summary>Null where the prototype fires everywhere.</summary>
    private static int[]? BoxOf(Activation activation) => activation.Everywhere ? null : SourceJson.BoxOf(activation.Box);

    private static OfContrast Of(Contrast contrast) => new(
        contrast.Class.Name, contrast.Other.Name, contrast.Gaps.Select(gap => new Gap(
            gap.Activation.Prototype.Index, gap.Activation.Prototype.Name, gap.Activation.Similarity, gap.Points, gap.OtherPoints, gap.Gap)),
        contrast.Remaining, contrast.Sum);

    internal sealed record OfClass(
        string Class, int ClassIndex, float Logit, float Probability, IEnumerable<Line> Prototypes, RemainingEvidence Remaining, double Sum);

    internal sealed record Line(
        int Prototype, string Name, float Similarity, float Weight, double Points, int[] Cell, int[]? Box, int[] ReceptiveField,
        PaintedOver? PaintedOver, SourceJson? Source, PrototypeTrust? Trust, string? Words);

    internal sealed record PaintedOver(float After, float Drop);

    internal sealed record OfContrast(string Class, string Other, IEnumerable<Gap> Prototypes, RemainingEvidence Remaining, double Sum);

    internal sealed record Gap(int Prototype, string Name, float Similarity, double Points, double OtherPoints,
        [property: System.Text.Json.Serialization.JsonPropertyName("gap")] double Difference);

    internal sealed record Fires(int Prototype, string Name, float Similarity, int[]? Box);
}
