using System.Text.Encodings.Web;
using System.Text.Json;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Reports;

/// <summary>The figures of a local page as JSON. Boxes are rows and columns of the network's input, ends exclusive.</summary>
internal static class LocalJson
{
    /// <summary>Names of classes stay readable; the JSON is a file of its own and never inside HTML.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Write(LocalReport report) => JsonSerializer.Serialize(new
    {
        photograph = report.Name,
        backbone = report.Backbone?.ToString(),
        report.Explanation.ImageSize,
        report.Explanation.FieldOfView,
        predicted = report.Explanation.Predicted.Name,
        classes = report.Explanation.Ranking,
        evidence = report.Evidence.Select(evidence => new
        {
            @class = evidence.Class.Name,
            classIndex = evidence.Class.Index,
            evidence.Class.Logit,
            evidence.Class.Probability,
            prototypes = evidence.Evidence.Select(line => Line(report, line)),
            evidence.Remaining,
            evidence.Sum,
        }),
        whyNot = report.Contrasts.Select(contrast => new
        {
            @class = contrast.Class.Name,
            other = contrast.Other.Name,
            prototypes = contrast.Gaps.Select(gap => new
            {
                prototype = gap.Activation.Prototype.Index,
                gap.Activation.Prototype.Name,
                gap.Activation.Similarity,
                gap.Points,
                gap.OtherPoints,
                gap.Gap,
            }),
            contrast.Remaining,
            contrast.Sum,
        }),
        mostActivated = report.MostActivated.Select(activation => new
        {
            prototype = activation.Prototype.Index,
            activation.Prototype.Name,
            activation.Similarity,
            box = Box(activation.Box),
        }),
    }, Options);

    public static int[] Box(PixelBox box) => [box.Top, box.Bottom, box.Left, box.Right];

    private static object Line(LocalReport report, Evidence line) => new
    {
        prototype = line.Activation.Prototype.Index,
        line.Activation.Prototype.Name,
        line.Activation.Similarity,
        line.Weight,
        line.Points,
        cell = new[] { line.Activation.CellRow, line.Activation.CellColumn },
        box = Box(line.Activation.Box),
        receptiveField = Box(line.Activation.ReceptiveField),
        paintedOver = report.MaskedOf(line.Activation) is { } check ? new { check.After, check.Drop } : null,
        source = line.Activation.Prototype.Source is { } source ? new { source.ImageId, source.Row, box = Box(source.Box) } : null,
    };
}
