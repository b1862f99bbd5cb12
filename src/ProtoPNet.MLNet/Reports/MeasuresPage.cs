using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Reports;

/// <summary>The page of how good a model's explanations are: the measures, their spread over prototypes, the least and the most trustworthy ones.</summary>
internal static class MeasuresPage
{
    private const int Bins = 10, Shown = 12;

    public static string Render(InterpretabilityReport report, string name)
    {
        MeasuredPrototype[] ordered = [.. report.Prototypes.Where(one => Score(one.Trust) is not null).OrderBy(one => Score(one.Trust))];
        int each = Math.Min(Shown, (ordered.Length + 1) / 2);
        PrototypePictures pictures = new();
        return Page.Render($"Explanations – {name}", "measures", Markup.Of($"""
            <header>
            <p class="kicker">{name}</p>
            <h1>How good are its explanations?</h1>
            <p class="lead">{Figures.Count(report.Prototypes.Count, "prototype", "prototypes")}, measured on {Figures.Count(report.Images, "photograph", "photographs")}, of which {Figures.Percent(report.Accuracy, "accuracy")} are classified correctly.</p>
            </header>
            <main>
            <section><h2>The measures</h2>
            <div class="scroll"><table class="figures">
            <thead><tr><th scope="col">Measure</th><th scope="col">value</th><th scope="col">good is</th><th scope="col" class="meaning">what it says</th></tr></thead>
            <tbody>{MeasureRows.Of(report).Select(Row)}</tbody>
            </table></div>
            {(report.Consistency is null ? Markup.Of($"<p class=\"notes\">No parts are annotated on these photographs: what takes them is not measured.</p>") : Markup.Empty)}
            </section>
            <section><h2>Over the prototypes</h2>
            <div class="spreads">
            {Spread("one part in the box", report, trust => trust.BestPart?.Share)}
            {Spread("part purity", report, trust => trust.PartPurity)}
            {Spread("stability", report, trust => trust.Stability)}
            {Spread("no part in the box", report, trust => trust.NoPart)}
            {Spread("class purity", report, trust => trust.ClassPurity)}
            </div></section>
            {Group("least", "Least to be trusted", ordered.Take(each))}
            {Group("most", "Most to be trusted", ordered.Reverse().Take(Math.Min(Shown, ordered.Length - each)))}
            <p class="notes">In the order of the mean of what was measured of a prototype: its most frequent part, part purity, stability, the share of boxes that hold a part, class purity.</p>
            </main>
            """));

        Markup Group(string id, string title, IEnumerable<MeasuredPrototype> prototypes)
            => Markup.Of($"<section><h2>{title}</h2><ul class=\"prototypes\" id=\"{id}\">{prototypes.Select(one => Card(one, report.ImageSize, pictures))}</ul></section>");
    }

    /// <summary>The mean of what was measured, each from 0 to 1 and better if higher; null if nothing was.</summary>
    internal static double? Score(PrototypeTrust trust)
        => new[] { trust.BestPart?.Share, trust.PartPurity, trust.Stability, 1 - trust.NoPart, trust.ClassPurity }.Average();

    /// <summary>How many of the shares, 0 to 1, fall in each of ten bins.</summary>
    internal static int[] Histogram(IEnumerable<double> shares)
    {
        int[] counts = new int[Bins];
        foreach (double share in shares) counts[Math.Min(Bins - 1, (int)(share * Bins + 1e-9))]++;
        return counts;
    }

    private static Markup Row(MeasureRow row) => Markup.Of($"""
        <tr><th scope="row">{row.Name}</th><td>{row.Value}</td><td class="good">{row.Good}</td><td class="meaning">{row.Meaning}</td></tr>
        """);

    private static Markup Spread(string name, InterpretabilityReport report, Func<PrototypeTrust, double?> measure)
    {
        double[] shares = [.. report.Prototypes.Select(one => measure(one.Trust)).OfType<double>()];
        if (shares.Length == 0) return Markup.Empty;
        int[] counts = Histogram(shares);
        double[] sorted = [.. shares.Order()];
        string half = Figures.PercentText(sorted[sorted.Length / 2]);
        Markup Bar(int count, int bin) => Markup.Of(
            $"<li title=\"{10 * bin} to {10 * (bin + 1)} %: {Figures.Count(count, "prototype", "prototypes")}\" style=\"height:{Figures.Plain(100.0 * count / counts.Max())}%\"></li>");
        return Markup.Of($"""
            <figure class="spread"><figcaption>{name} <span>half of the prototypes reach {half}</span></figcaption>
            <ol role="img" aria-label="{name}: prototypes by share in steps of 10 %: {string.Join(", ", counts)}">{counts.Select(Bar)}</ol>
            <p class="axis"><span>0</span><span>50</span><span>100 %</span></p></figure>
            """);
    }

    private static Markup Card(MeasuredPrototype one, int imageSize, PrototypePictures pictures)
    {
        (Prototype prototype, PrototypeTrust trust) = (one.Prototype, one.Trust);
        Markup Fact(string what, double? share, string kind)
            => share is { } known ? Markup.Of($"<div><dt>{what}</dt><dd>{Figures.Percent(known, kind)}</dd></div>") : Markup.Empty;
        return Markup.Of($"""
            <li class="prototype" data-index="{prototype.Index}">
            <div class="pictures">{Pictures.Element(pictures.Part(prototype), $"Prototype {prototype.Title}", "crop")}{Source(prototype, imageSize)}</div>
            <h3>{prototype.Title}</h3>
            {(TrustWords.Of(trust) is { } words ? Markup.Of($"<p class=\"points\">{words}</p>") : Markup.Empty)}
            <dl>{Fact("part purity", trust.PartPurity, "part-purity")}{Fact("stability", trust.Stability, "stability")}{Fact("no part", trust.NoPart, "no-part")}{Fact("class purity", trust.ClassPurity, "class-purity")}</dl>
            </li>
            """);
    }

    private static Markup Source(Prototype prototype, int imageSize) => prototype.Source is not { } source ? Markup.Empty : Markup.Of($"""
        <figure class="source"><div class="frame">{Pictures.Element(PrototypePictures.Context(prototype), $"Its photograph, {source.ImageId}", "context")}<span class="box" style="{Pictures.Place(source.Box, imageSize)}"></span></div></figure>
        """);
}
