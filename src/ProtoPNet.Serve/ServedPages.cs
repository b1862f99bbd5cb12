using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Reports;

namespace ProtoPNet.Serve;

/// <summary>The pages of reports, alive: with a way to other pages, and to change things.</summary>
internal sealed class ServedPages(ServedModel served)
{
    /// <summary>What a served page may load: its own server, nothing else.</summary>
    private static readonly PageSetting Setting = new(
        "default-src 'none'; img-src 'self' data: blob:; connect-src 'self'; form-action 'self'; base-uri 'none'")
    {
        Style = Asset("serve.css"),
        Script = Asset("upload.js"),
    };

    private static readonly PageSetting Editing = Setting with { Script = Asset("edit.js") };

    private static Markup Cropped => Markup.Of($"""
        <p class="quiet">The model was trained on photographs cropped to their objects: crop yours, too.</p>
        """);

    /// <summary>The page to begin with: a place to drop photographs.</summary>
    public string Start(IReadOnlyList<KeptPhotograph> latest) => Page.Render(served.Name, "start", Markup.Of($"""
        {Ways("/")}
        <header><p class="kicker">{served.Name}</p><h1>What is it, and why?</h1>
        <p class="lead">Give it a photograph: it says what it sees, and which parts of it look like which parts of photographs seen before.</p></header>
        <main>{Form()}
        {(served.Crops ? Cropped : Markup.Empty)}
        {Latest(latest, null)}</main>
        """), setting: Setting);

    /// <summary>The explanation of an uploaded photograph.</summary>
    public static string Explained(LocalReport report, KeptPhotograph photograph, IReadOnlyList<KeptPhotograph> latest)
    {
        string address = $"/photographs/{photograph.Id}";
        return Explained(report, address, Markup.Of($"""
            {Form()}
            {Latest(latest, photograph)}
            <p class="quiet"><a href="{address}/page" download="{report.Explanation.Predicted.Name}.html">Keep this page as a file</a></p>
            """));
    }

    /// <summary>The explanation of a photograph of a data set.</summary>
    public static string Explained(LocalReport report, string address) => Explained(report, address, Markup.Empty);

    /// <summary>The gallery with tools.</summary>
    public static string Gallery(GalleryReport gallery, WorkbenchState state) => Page.Render(GalleryPage.Title(gallery), GalleryPage.Kind, Markup.Of($"""
        {Ways("/prototypes")}
        <aside id="effect" aria-live="polite">{EffectMarkup.Of(state)}</aside>
        <p id="message" role="status" hidden></p>
        {GalleryPage.Body(gallery, new LinkedPictures(), Tools)}
        {Dialog(gallery.ImageSize)}
        """), setting: Editing);

    /// <summary>Why there is no page.</summary>
    public string Problem(string message) => Page.Render(served.Name, "problem", Markup.Of($"""
        {Ways("")}
        <header><h1>That did not work</h1><p class="lead problem">{message}</p></header>
        <main>{Form()}</main>
        """), setting: Setting);

    private static string Explained(LocalReport report, string address, Markup above)
    {
        PageLinks links = new(
            score => score.Index == report.Explanation.Predicted.Index ? PageLinks.None.Class(score) : Markup.Of($"""
                <a href="{address}?class={score.Index}#case-{Place(report, score)}" title="Why not {score.Name}?">{score.Name}</a>
                """),
            prototype => Markup.Of($"<a href=\"/prototypes#p{prototype.Index}\">{prototype.Title}</a>"));
        return Page.Render(LocalPage.Title(report), LocalPage.Kind, Markup.Of($"""
            {Ways("/")}
            <div class="above">{above}</div>
            {LocalPage.Body(report, links)}
            """), setting: Setting);
    }

    /// <summary>The place of a class among those whose evidence is shown, or would be if it were asked for.</summary>
    private static int Place(LocalReport report, ClassScore score)
        => report.Evidence.Index().Where(one => one.Item.Class.Index == score.Index).Select(one => (int?)one.Index).FirstOrDefault()
            ?? Math.Min(new LocalReportOptions().Classes, report.Explanation.Ranking.Count);

    private static Markup Ways(string here)
    {
        Markup Way(string address, string name) => here == address
            ? Markup.Of($"<a href=\"{address}\" aria-current=\"page\">{name}</a>")
            : Markup.Of($"<a href=\"{address}\">{name}</a>");
        return Markup.Of($"""
            <nav class="ways" aria-label="Pages">{Way("/", "Classify")}{Way("/prototypes", "Prototypes")}<a href="/openapi.json">API</a></nav>
            """);
    }

    private static Markup Form() => Markup.Of($"""
        <form class="upload" method="post" action="/photographs" enctype="multipart/form-data">
        <label class="drop"><span>Drop, paste or <b>choose</b> photographs</span><input type="file" name="photograph" accept="image/*" multiple required></label>
        <label class="camera"><span>Take a photograph</span><input type="file" name="photograph" accept="image/*" capture="environment"></label>
        <button>Explain</button>
        </form>
        """);

    private static Markup Latest(IReadOnlyList<KeptPhotograph> latest, KeptPhotograph? shown) => latest.Count == 0 ? Markup.Empty : Markup.Of($"""
        <ul class="latest" aria-label="Latest photographs">{latest.Select(kept => Markup.Of($"""
        <li><a href="/photographs/{kept.Id}"{(kept.Id == shown?.Id ? Markup.Of($" aria-current=\"page\"") : Markup.Empty)}><img src="/photographs/{kept.Id}/small" alt="{kept.Name}" title="{kept.Name}" loading="lazy"></a></li>
        """))}</ul>
        """);

    private static Markup Tools(Prototype prototype) => Markup.Of($"""
        <p class="tools" data-name="{prototype.Name}" data-title="{prototype.Title}" data-called="{prototype.Words}"{Place(prototype.Source)}>
        <button type="button" data-edit="strikeOut">Strike out</button> <button type="button" data-edit="more">More…</button></p>
        """);

    private static Markup Place(PrototypeSource? source) => source is null ? Markup.Empty : Markup.Of($"""
         data-image="{source.ImageId}" data-region="{source.Box.Top} {source.Box.Bottom} {source.Box.Left} {source.Box.Right}"
        """);

    private static Markup Dialog(int imageSize) => Markup.Of($"""
        <dialog id="more" data-size="{imageSize}" aria-labelledby="more-title">
        <h2 id="more-title"></h2>
        <form id="rename"><label>Call it
        <input name="words" maxlength="{Prototype.MostWords}" placeholder="red wing patch" autocomplete="off"></label> <button>Rename</button></form>
        <form id="merge"><label>Merge it into <select name="into"></select></label> <button>Merge</button></form>
        <form id="forbid"><p>Forbid a region of its photograph: draw it, or give it in per cent.</p>
        <div class="frame"><img id="region-photograph" alt="Its photograph" draggable="false"><span id="region" class="box"></span></div>
        <p class="numbers">{Side("from the top", "top")} {Side("to", "bottom")} {Side("from the left", "left")} {Side("to", "right")}</p>
        <button>Forbid</button></form>
        <p class="buttons"><button type="button" id="close">Close</button></p>
        </dialog>
        """);

    private static Markup Side(string label, string name) => Markup.Of($"""
        <label>{label} <input name="{name}" type="number" min="0" max="100" step="any" required></label>
        """);

    private static string Asset(string name)
    {
        using Stream stream = typeof(ServedPages).Assembly.GetManifestResourceStream(typeof(ServedPages), "Assets." + name)
            ?? throw new FileNotFoundException($"There is no asset '{name}'.");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}

/// <summary>Pictures that the server gives out one by one, as the browser needs them.</summary>
internal sealed class LinkedPictures : IGalleryPictures
{
    /// <inheritdoc/>
    public string? Part(Prototype prototype)
        => prototype.Source is { Picture.IsEmpty: false } ? $"/prototypes/{prototype.Index}/part" : null;

    /// <inheritdoc/>
    public string? Photograph(Prototype prototype)
        => prototype.Source is { Thumbnail.IsEmpty: false } ? $"/prototypes/{prototype.Index}/photograph" : null;
}
