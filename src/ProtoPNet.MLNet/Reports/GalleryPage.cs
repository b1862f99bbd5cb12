using ProtoPNet.MLNet.Explanations;

namespace ProtoPNet.MLNet.Reports;

/// <summary>The page of all prototypes, by class, with a filter and an order to choose.</summary>
internal static class GalleryPage
{
    public static string Render(GalleryReport report)
    {
        int sources = report.Entries.Select(entry => entry.Prototype.Source?.ImageId).Where(id => id is not null).Distinct().Count();
        string from = sources == 0 ? "where they come from is not recorded" : $"patches of {Figures.Count(sources, "training photograph", "training photographs")}";
        return Page.Render($"Prototypes – {report.Name}", "gallery", Markup.Of($"""
            <header>
            <p class="kicker">{report.Name}</p>
            <h1>Prototypes</h1>
            <p class="lead">{Figures.Count(report.Entries.Count, "prototype", "prototypes")} of {Figures.Count(report.ClassNames.Count, "class", "classes")}: {from}.</p>
            </header>
            <form class="controls" role="search" hidden>
            <label>Find <input type="search" id="find" placeholder="class, photograph, number" autocomplete="off"></label>
            <label>Class <select id="class"><option value="">all</option>{report.ClassNames.Select((name, k) => Markup.Of($"<option value=\"{k}\">{name}</option>"))}</select></label>
            <label>Order <select id="order">
            <option value="index">by class</option><option value="purity">least pure first</option>
            <option value="weight">lowest weight first</option><option value="-weight">highest weight first</option></select></label>
            <output id="count" aria-live="polite"></output>
            </form>
            <main>
            <ul id="prototypes">
            {report.Entries.AsParallel().AsOrdered().Select(entry => Card(report, entry))}
            </ul>
            <p class="notes">A prototype is a patch of a training photograph; the yellow box shows where it fires most. Its weight is what one unit of similarity adds to the logit of its class. Purity is the share of its nearest photographs that are of its class: a low one means that it looks at something classes share, or at the background.</p>
            </main>
            """));
    }

    private static Markup Card(GalleryReport report, GalleryEntry entry)
    {
        Prototype prototype = entry.Prototype;
        string words = $"{prototype.Name} {prototype.Index} {prototype.Source?.ImageId}".ToLowerInvariant();
        return Markup.Of($"""
            <li class="card" data-index="{prototype.Index}" data-class="{prototype.ClassIndex}" data-weight="{entry.Weight:R}" data-purity="{entry.Purity ?? 2:R}" data-words="{words}">
            <div class="pictures">{Pictures.Element(Pictures.Uri(prototype.Source?.Picture, Pictures.Part), $"Prototype {prototype.Name}", "crop")}
            {Source(report, prototype)}</div>
            <h2>{prototype.Name}</h2>
            <dl>
            <div><dt>weight</dt><dd>{Figures.Signed(entry.Weight, "weight")}</dd></div>
            {(entry.Purity is { } purity ? Markup.Of($"<div><dt>purity</dt><dd>{Figures.Percent(purity, "purity")}</dd></div>") : Markup.Empty)}
            {(entry.Strongest is { } other ? Markup.Of($"<div><dt>{(other.Weight < 0 ? "against" : "also for")} {other.ClassName}</dt><dd>{Figures.Signed(other.Weight, "other")}</dd></div>") : Markup.Empty)}
            {(entry.Duplicates.Count > 0 ? Markup.Of($"<div><dt>same patch as</dt><dd>{string.Join(", ", entry.Duplicates.Select(same => same.Name))}</dd></div>") : Markup.Empty)}
            </dl>
            {entry.Found.Select(found => Finds(report, prototype, found))}
            <p class="from">No. {prototype.Index}{(prototype.Source is { } source ? $" · {source.ImageId}" : "")}</p>
            </li>
            """);
    }

    private static Markup Source(GalleryReport report, Prototype prototype) => prototype.Source is not { } source ? Markup.Empty : Markup.Of($"""
        <figure class="source"><div class="frame">{Pictures.Element(Pictures.Uri(source.Thumbnail, Pictures.Context), $"Its photograph, {source.ImageId}", "context")}<span class="box" style="{Pictures.Place(source.Box, report.ImageSize)}"></span></div></figure>
        """);

    private static Markup Finds(GalleryReport report, Prototype prototype, GalleryFinds found)
    {
        Markup Part(Neighbour near, ReadOnlyMemory<byte> jpeg)
        {
            string name = near.ClassIndex is { } k ? report.ClassNames[k] : "class unknown";
            string kind = near.ClassIndex is not { } known ? "near" : known == prototype.ClassIndex ? "near own" : "near other";
            return Markup.Of($"""<li title="{name}, {near.ImageId}"><img class="{kind}" src="data:image/jpeg;base64,{Convert.ToBase64String(jpeg.Span)}" alt="{name}" decoding="async"></li>""");
        }

        return found.Parts.Count == 0 ? Markup.Empty : Markup.Of($"""
            <section class="nearest"><h3>Nearest, {found.Set}</h3><ul>{found.Neighbours.Neighbours.Zip(found.Parts, Part)}</ul></section>
            """);
    }
}
