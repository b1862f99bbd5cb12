using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Reports;

/// <summary>
/// The page of a comparison, in the manner of the paper's figure 4: attention to the object, attention to parts, and parts with what they look like;
/// then the table.
/// </summary>
internal static class ComparisonPage
{
    private const int Lines = 4;

    public static string Render(ComparisonReport report)
    {
        PrototypePictures pictures = new();
        return Page.Render($"Comparison – {report.Name}", "comparison", Markup.Of($"""
            <header>
            <p class="kicker">{report.Name}</p>
            <h1>With and without prototypes</h1>
            <p class="lead">{Summary(report)}, on {report.Photographs}.</p>
            </header>
            <main>
            {(report.Shown.Count == 0 ? Markup.Empty : Markup.Of($"""
            <section><h2>The same photographs, explained three ways</h2>
            <ol class="photographs">{report.Shown.AsParallel().AsOrdered().Select(one => Photograph(one, pictures))}</ol></section>
            """))}
            <section><h2>In numbers</h2>
            <div class="scroll"><table class="figures">
            <thead><tr><th scope="col">Measure</th>{report.Models.Select(model => Markup.Of($"<th scope=\"col\">{model.Name}</th>"))}<th scope="col" class="meaning">what it says</th></tr></thead>
            <tbody>{ComparisonRows.Of(report.Models).Select(row => Row(row, report.Models))}</tbody>
            </table></div>
            <p class="notes">Deletion, “alone” and pointing take the map of each kind of explanation: the class activation map, or the points of the evidence spread over where each prototype fires. “Elsewhere” is an area of the same shape at another place.</p>
            </section>
            <section><h2>Can the probabilities be believed?</h2>
            <div class="diagrams">{report.Models.Select(model => Markup.Of($"""
            <div><h3>{model.Name}</h3>{ReliabilityDiagram.Render(model.Confidence.Calibration)}</div>
            """))}</div></section>
            </main>
            """));
    }

    private static string Summary(ComparisonReport report)
        => string.Join(", ", report.Models.Select(model => $"{model.Name} {Figures.PercentText(model.Accuracy)}"));

    private static Markup Row(ComparisonRow row, IReadOnlyList<ComparedModel> models) => Markup.Of($"""
        <tr><th scope="row">{row.Name}</th>{row.Values.Zip(models).Select(pair => Markup.Of($"<td data-model=\"{pair.Second.Name}\">{pair.First}</td>"))}<td class="meaning">{row.Meaning}</td></tr>
        """);

    private static Markup Photograph(ComparedPhotograph one, PrototypePictures pictures)
    {
        ClassActivation attention = one.Attention.For(one.Attention.Predicted.Index);
        Evidence[] evidence = [.. one.Parts.For(one.Parts.Predicted.Index).Evidence.Where(line => line.Points > 0 && !line.Activation.Everywhere)
            .Take(Lines)];
        string plain = Pictures.Uri(one.Photograph, Pictures.Photograph / 2);
        string heat = Pictures.Uri(HeatMap.Overlay(Pictures.Shrink(one.Photograph, Pictures.Photograph / 2), attention.Points), Pictures.Photograph / 2);
        return Markup.Of($"""
            <li class="compared">
            <h3>{one.Name}{(one.ClassName is { } name ? Markup.Of($" <small>{name}</small>") : Markup.Empty)}</h3>
            <div class="ways">
            <figure><div class="frame">{Pictures.Element(heat, $"Where the pooled classifier looks on {one.Name}", "whole")}{Box(attention, "")}</div><figcaption><b>Object attention</b> {Prediction(one.Attention.Predicted, one.ClassName)}</figcaption></figure>
            <figure><div class="frame">{Pictures.Element(plain, $"Where the prototypes fire on {one.Name}", "whole")}{evidence.Select((line, place) => Box(line.Activation, $"{place + 1}"))}</div><figcaption><b>Part attention</b> {Prediction(one.Parts.Predicted, one.ClassName)}</figcaption></figure>
            <div class="reasons"><ol>{evidence.Select((line, place) => Reason(one, line, place + 1, pictures))}</ol><p><b>Parts, and what they look like</b></p></div>
            </div>
            </li>
            """);
    }

    private static Markup Box(ActivationMap map, string number) => map.Everywhere ? Markup.Empty
        : Markup.Of($"<span class=\"box\" style=\"{Pictures.Place(map.Box, map.ImageSize)}\"><i>{number}</i></span>");

    private static Markup Prediction(ClassScore predicted, string? truth) => Markup.Of(
        $"<span class=\"{(truth is null || predicted.Name == truth ? "right" : "wrong")}\">{predicted.Name} {Figures.PercentText(predicted.Probability)}</span>");

    private static Markup Reason(ComparedPhotograph one, Evidence line, int place, PrototypePictures pictures)
    {
        Prototype prototype = line.Activation.Prototype;
        string part = Pictures.Uri(Pictures.Crop(one.Photograph, line.Activation.Box, line.Activation.ImageSize), Pictures.Part);
        return Markup.Of($"""
            <li><span class="number">{place}</span>{Pictures.Element(part, $"Part {place}", "crop")}<span class="like">looks like</span>{Pictures.Element(pictures.Part(prototype), $"Prototype {prototype.Name}", "crop")}<span class="points">{Figures.Signed(line.Points, "points")}</span></li>
            """);
    }
}
