using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Reports;

/// <summary>The page of all prototypes, by class, with filters and sorting.</summary>
internal static class GalleryPage
{
    private const int OtherWeights = 2;

    /// <summary>The name of its style and script.</summary>
    public const string Kind = "gallery";

    public static string Render(GalleryReport report)
        => Page.Render(Title(report), Kind, Body(report, new EmbeddedPictures(), static _ => Markup.Empty));

    public static string Title(GalleryReport report) => $"Prototypes – {report.Name}";

    /// <summary>The visible content.</summary>
    /// <param name="report">The gallery.</param>
    /// <param name="pictures">Where its pictures are.</param>
    /// <param name="tools">What stands at the end of a prototype's card.</param>
    public static Markup Body(GalleryReport report, IGalleryPictures pictures, Func<Prototype, Markup> tools)
    {
        int sources = report.Entries.Select(entry => entry.Prototype.Source?.ImageId).Where(id => id is not null).Distinct().Count();
        string from = sources == 0
            ? "their origin is not recorded"
            : $"patches of {Figures.Count(sources, "training photograph", "training photographs")}";
        int doubles = report.Entries.Count(entry => entry.Duplicates.Count > 0);
        string same = doubles == 0 ? "" : $" {Figures.Count(doubles, "is", "are")} the same patch as another.";
        return Markup.Of($"""
            <header>
            <p class="kicker">{report.Name}</p>
            <h1>Prototypes</h1>
            <p class="lead">{Figures.Count(report.Entries.Count, "prototype", "prototypes")} of {Figures.Count(report.ClassNames.Count, "class", "classes")}: {from}.{same}</p>
            </header>
            <form class="controls" role="search" hidden>
            <label>Find <input type="search" id="find" placeholder="class, photograph, number" title="Press / to search, Escape to show all" autocomplete="off"></label>
            <label>Class <select id="class"><option value="">all</option>{report.ClassNames.Select((name, k) => Markup.Of($"<option value=\"{k}\">{name}</option>"))}</select></label>
            <label>Show <select id="kind">
            <option value="">all</option><option value="impure">less than half pure</option><option value="double">duplicates</option></select></label>
            <label>Order <select id="order">
            <option value="index">by class</option><option value="purity">least pure first</option>
            <option value="weight">lowest weight first</option><option value="-weight">highest weight first</option>
            <option value="stranger">nearest to another class first</option>{Measured(report)}</select></label>
            <output id="count" aria-live="polite"></output>
            </form>
            <main>
            <ul id="prototypes">
            {report.Entries.AsParallel().AsOrdered().Select(entry => Card(report, entry, pictures, tools(entry.Prototype)))}
            </ul>
            <p class="notes">A prototype is a patch of a training photograph; the yellow box shows where it fires most. Its weight is what one unit of similarity adds to the logit of its class. Purity is the share of its nearest photographs that are of its class: a low one means that it responds to something classes share, or to the background. Near prototypes are given with their squared distance in the network's own space.</p>
            </main>
            """);
    }

    /// <summary>Orders by what was measured of the prototypes, where that is known.</summary>
    private static Markup Measured(GalleryReport report)
        => report.Entries.All(entry => entry.Prototype.Trust?.NoPart is null) ? Markup.Empty : Markup.Of($"""
            <option value="-nopart">most often on no part first</option><option value="consistency">least consistent first</option>
            """);

    /// <summary>What a prototype counts for and against.</summary>
    public static Markup Weights(GalleryEntry entry) => Markup.Of($"""
        <dl class="weights" data-index="{entry.Prototype.Index}">
        <div><dt>weight</dt><dd>{Figures.Signed(entry.Weight, "weight")}</dd></div>
        {entry.Others.Take(OtherWeights).Select(other => Markup.Of($"<div><dt>{(other.Weight < 0 ? "against" : "also for")} {other.ClassName}</dt><dd>{Figures.Signed(other.Weight, "other")}</dd></div>"))}
        {(entry.Others.Count > OtherWeights ? Markup.Of($"<div><dt>for or against {Figures.Count(entry.Others.Count - OtherWeights, "other class", "other classes")}</dt><dd>less</dd></div>") : Markup.Empty)}
        </dl>
        """);

    private static Markup Card(GalleryReport report, GalleryEntry entry, IGalleryPictures pictures, Markup tools)
    {
        Prototype prototype = entry.Prototype;
        string words = $"{prototype.Title} {prototype.Index} {prototype.Source?.ImageId}".ToLowerInvariant();
        string kinds = (entry.Purity < 0.5 ? "impure " : "") + (entry.Duplicates.Count > 0 ? "double" : "");
        double stranger = entry.Surroundings.OtherClasses.Select(pair => pair.Distance).FirstOrDefault(double.MaxValue);
        return Markup.Of($"""
            <li class="card" id="p{prototype.Index}" tabindex="-1" data-index="{prototype.Index}" data-class="{prototype.ClassIndex}" data-kinds="{kinds}" data-weight="{entry.Weight:R}" data-purity="{entry.Purity ?? 2:R}" data-stranger="{stranger:R}" data-nopart="{prototype.Trust?.NoPart ?? -1:R}" data-consistency="{prototype.Trust?.BestPart?.Share ?? 2:R}" data-words="{words}">
            <div class="pictures">{Pictures.Element(pictures.Part(prototype), $"Prototype {prototype.Title}", "crop")}
            {Source(report, prototype, pictures)}</div>
            <h2>{prototype.Title}</h2>
            {(prototype.Trust is { } trust && TrustWords.Of(trust) is { } said ? Markup.Of($"<p class=\"trust\">{said}</p>") : Markup.Empty)}
            <dl>
            {(prototype.Trust?.NoPart is { } noPart ? Markup.Of($"<div><dt>on no part</dt><dd>{Figures.Percent(noPart, "no-part")}</dd></div>") : Markup.Empty)}
            {(entry.Duplicates.Count > 0 ? Markup.Of($"<div class=\"double\"><dt>same patch as</dt><dd>{Links(entry.Duplicates)}</dd></div>") : Markup.Empty)}
            {(entry.Purity is { } purity ? Markup.Of($"<div><dt>purity</dt><dd>{Figures.Percent(purity, "purity")}</dd></div>") : Markup.Empty)}
            </dl>
            {Weights(entry)}
            {Near(entry.Surroundings)}
            {entry.Found.Select(found => Finds(report, prototype, found))}
            <p class="from">No. {prototype.Index}{(prototype.Source is { } source ? $" · {source.ImageId}" : "")}</p>
            {tools}
            </li>
            """);
    }

    private static Markup Source(GalleryReport report, Prototype prototype, IGalleryPictures pictures) => prototype.Source is not { } source ? Markup.Empty : Markup.Of($"""
        <figure class="source"><div class="frame">{Pictures.Element(pictures.Photograph(prototype), $"Its photograph, {source.ImageId}", "context")}<span class="box" style="{Pictures.Place(source.Box, report.ImageSize)}"></span></div></figure>
        """);

    private static Markup Link(Prototype prototype) => Markup.Of($"""<a href="#p{prototype.Index}">{prototype.Title}</a>""");

    private static Markup Links(IReadOnlyList<Prototype> prototypes)
        => Markup.Of($"{prototypes.Select((prototype, i) => i == 0 ? Link(prototype) : Markup.Of($", {Link(prototype)}"))}");

    /// <summary>The nearest of its class and of the others; more are in the JSON.</summary>
    private static Markup Near(PrototypeSurroundings near) => Markup.Of($"""
        <section class="nearest"><h3>Nearest prototypes</h3><dl>{near.OwnClass.Take(1).Concat(near.OtherClasses.Take(1)).Select(pair => Markup.Of($"""
        <div><dt>{Link(pair.Second)}</dt><dd>{Figures.Number(pair.Distance, "distance")}</dd></div>
        """))}</dl></section>
        """);

    private static Markup Finds(GalleryReport report, Prototype prototype, GalleryFinds found)
    {
        string NameOf(Neighbour near) => near.ClassIndex is { } k ? report.ClassNames[k] : "class unknown";
        Markup Part(Neighbour near, ReadOnlyMemory<byte> jpeg)
        {
            string kind = near.ClassIndex is not { } known ? "near" : known == prototype.ClassIndex ? "near own" : "near other";
            return Markup.Of($"""<li title="{NameOf(near)}, {near.ImageId}"><img class="{kind}" src="data:image/jpeg;base64,{Convert.ToBase64String(jpeg.Span)}" alt="{NameOf(near)}" decoding="async"></li>""");
        }

        IReadOnlyList<Neighbour> all = found.Neighbours.Neighbours;
        int own = all.Count(near => near.ClassIndex == prototype.ClassIndex);
        IEnumerable<string> strangers = all.Where(near => near.ClassIndex != prototype.ClassIndex).CountBy(NameOf)
            .Select(other => other.Value == 1 ? other.Key : $"{other.Key} ({other.Value})");
        return Markup.Of($"""
            <section class="nearest"><h3>Nearest in {found.Set}: {own} of {all.Count} of its class</h3>
            {(found.Parts.Count == 0 ? Markup.Empty : Markup.Of($"<ul>{all.Zip(found.Parts, Part)}</ul>"))}
            {(own == all.Count ? Markup.Empty : Markup.Of($"<p class=\"strangers\">{string.Join(", ", strangers)}</p>"))}
            </section>
            """);
    }
}
