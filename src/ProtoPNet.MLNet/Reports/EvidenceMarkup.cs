using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Reports;

/// <summary>"This part looks like that prototype", line by line, with sums that add up.</summary>
internal sealed class EvidenceMarkup(LocalReport report, PageLinks links)
{
    private const double NegligibleShare = 0.05;

    private readonly int _imageSize = report.Explanation.ImageSize;
    private readonly PrototypePictures _pictures = new();

    /// <summary>The evidence for a class.</summary>
    public Markup Table(ClassEvidence evidence)
    {
        double longest = evidence.Evidence.Select(line => Math.Abs(line.Points)).Append(Math.Abs(evidence.Remaining.Points)).Max();
        Evidence[] negligible = Negligible(evidence);
        return Markup.Of($"""
            <p class="legend">This part of the photograph looks like that part of a training photograph: similarity × weight = points.</p>
            <ol class="evidence">
            {Lines(evidence.Evidence.Where(line => !negligible.Contains(line)), longest)}
            </ol>
            {(negligible.Length == 0 ? Markup.Empty : Markup.Of($"""
            <details class="negligible"><summary>{Figures.Count(negligible.Length, "prototype", "prototypes")} of less than 5 % of all points each: {Figures.Signed(negligible.Sum(line => line.Points), "folded")} in all</summary>
            <ol class="evidence">
            {Lines(negligible, longest)}
            </ol></details>
            """))}
            <dl class="sum">
            <div class="remaining" data-count="{evidence.Remaining.Count}"><dt>{Figures.Count(evidence.Remaining.Count, "other prototype", "other prototypes")}: {Figures.Signed(evidence.Remaining.Positive, "for")} for, {Figures.Signed(evidence.Remaining.Negative, "against")} against</dt><dd>{Figures.Signed(evidence.Remaining.Points, "points")}</dd></div>
            <div class="total"><dt>Sum, the logit of {evidence.Class.Name}</dt><dd>{Figures.Number(evidence.Sum, "total")}</dd></div>
            </dl>
            """);
    }

    /// <summary>The comparison of the predicted class with another.</summary>
    public Markup Comparison(Contrast contrast) => Markup.Of($"""
        <div class="contrast">
        <h3>Why {contrast.Class.Name} and not {contrast.Other.Name}?</h3>
        <div class="scroll"><table>
        <thead><tr><th scope="col">Prototype</th><th scope="col">for {contrast.Class.Name}</th><th scope="col">for {contrast.Other.Name}</th><th scope="col">difference</th></tr></thead>
        <tbody>
        {contrast.Gaps.Select(gap => Markup.Of($"""
        <tr><th scope="row">{Small(gap.Activation.Prototype, "")}<span>{gap.Activation.Prototype.Title}</span></th><td>{Figures.Signed(
            gap.Points, "points")}</td><td>{Figures.Signed(gap.OtherPoints, "other")}</td><td>{Figures.Signed(gap.Gap, "gap")}</td></tr>
        """))}
        <tr class="remaining"><th scope="row">{Figures.Count(contrast.Remaining.Count, "other prototype", "other prototypes")}</th><td></td><td></td><td>{Figures.Signed(contrast.Remaining.Points, "gap")}</td></tr>
        </tbody>
        <tfoot><tr><th scope="row">Difference of the logits</th><td></td><td></td><td>{Figures.Signed(contrast.Sum, "total")}</td></tr></tfoot>
        </table></div>
        </div>
        """);

    /// <summary>A prototype's picture, small.</summary>
    public Markup Small(Prototype prototype, string alt) => Pictures.Element(_pictures.Small(prototype), alt, "small");

    /// <summary>The evidence that hardly moves the logit: each less than 5 % of all points, for and against.</summary>
    internal static Evidence[] Negligible(ClassEvidence evidence)
    {
        double all = evidence.Evidence.Sum(line => Math.Abs(line.Points)) + evidence.Remaining.Positive - evidence.Remaining.Negative;
        return [.. evidence.Evidence.Where(line => Math.Abs(line.Points) < NegligibleShare * all)];
    }

    private ParallelQuery<Markup> Lines(IEnumerable<Evidence> lines, double longest)
        => lines.AsParallel().AsOrdered().Select(line => Line(line, longest));

    private Markup Line(Evidence line, double longest)
    {
        Activation activation = line.Activation;
        Prototype prototype = activation.Prototype;
        string heat = Pictures.Uri(HeatMap.Colour(activation.Similarities, Pictures.Heat, Pictures.Heat), Pictures.Heat, quality: 75);
        string part = Pictures.Uri(Pictures.Crop(report.Photograph, activation.Box, _imageSize), Pictures.Part);
        return Markup.Of($"""
            <li class="line" data-prototype="{prototype.Index}" data-place="{Pictures.Place(activation.Box, _imageSize)}" data-name="{prototype.Title}"{(activation.Everywhere ? Markup.Of($" data-everywhere") : Markup.Empty)}>
            <button type="button" class="part" aria-label="Show where the photograph looks like {prototype.Title}">{Pictures.Element(part, $"This part of the photograph, {Where(activation)}", "crop")}<img class="map" src="{Markup.Trusted(heat)}" alt="" hidden></button>
            <p class="like">looks like</p>
            <div class="that">{Pictures.Element(_pictures.Part(prototype), $"That prototype, {prototype.Title}", "crop")}{Source(prototype)}</div>
            <div class="worth">
            <p class="name">{links.Prototype(prototype)}</p>
            <p class="product">{Figures.Number(activation.Similarity, "similarity")} <span>×</span> {Figures.Number(line.Weight, "weight")} <span>=</span> {Figures.Signed(line.Points, "points")}</p>
            <i class="bar{(line.Points < 0 ? " against" : "")}" style="width:{Figures.Plain(longest > 0 ? 100 * Math.Abs(line.Points) / longest : 0)}%"></i>
            {(prototype.Trust is { } trust && TrustWords.Of(trust) is { } words ? Markup.Of($"<p class=\"trust\">{words}</p>") : Markup.Empty)}
            {(activation.Everywhere ? Markup.Of($"<p class=\"painted\">alike everywhere: it points at no place</p>") : Painted(activation))}
            </div>
            </li>
            """);
    }

    /// <summary>The training photograph that the prototype is a patch of, with the patch's box.</summary>
    private Markup Source(Prototype prototype) => prototype.Source is not { } source ? Markup.Empty : Markup.Of($"""
        <figure class="source"><div class="frame">{Pictures.Element(PrototypePictures.Context(prototype), $"The training photograph {source.ImageId}", "context")}<span class="box" style="{Pictures.Place(source.Box, _imageSize)}"></span></div></figure>
        """);

    private Markup Painted(Activation activation) => report.MaskedOf(activation) is not { } check ? Markup.Empty : Markup.Of($"""
        <p class="painted">box painted over: {Figures.Number(check.After, "after")}</p>
        """);

    private string Where(Activation activation)
    {
        if (activation.Everywhere) return "everywhere";
        PixelBox box = activation.Box;
        string[] rows = ["top", "middle", "bottom"], columns = ["left", "centre", "right"];
        int row = Math.Min(2, 3 * (box.Top + box.Bottom) / 2 / _imageSize), column = Math.Min(2, 3 * (box.Left + box.Right) / 2 / _imageSize);
        return $"{rows[row]} {columns[column]}";
    }
}
