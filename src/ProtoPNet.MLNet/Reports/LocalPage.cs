using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Reports;

/// <summary>The page of one photograph: the photograph, the classes, and the evidence for each as in the paper's figure 3.</summary>
internal static class LocalPage
{
    private const int ClassesAtOnce = 5;

    public static string Render(LocalReport report) => Page.Render(Title(report), Kind, Body(report, PageLinks.None));

    /// <summary>The name of its style and script.</summary>
    public const string Kind = "local";

    public static string Title(LocalReport report) => $"{report.Explanation.Predicted.Name} – {report.Name}";

    /// <summary>The visible content.</summary>
    public static Markup Body(LocalReport report, PageLinks links)
    {
        LocalExplanation explanation = report.Explanation;
        ClassScore predicted = explanation.Predicted;
        EvidenceMarkup lines = new(report, links);
        return Markup.Of($"""
            <header>
            <p class="kicker">{report.Name}</p>
            <h1>{predicted.Name}</h1>
            <p class="lead">{Figures.Percent(predicted.Probability, "probability")} probable, because its parts look like parts seen before.</p>
            </header>
            <main>
            <aside>
            {Stage(report.Photograph, report.Name, Background(explanation.ObjectCells))}
            {Ranking(explanation.Ranking, links)}
            {Familiarity(explanation.Familiarity, explanation.UsualFamiliarity)}
            </aside>
            <div class="cases">
            {report.Evidence.Select((evidence, i) => Case(report, lines, evidence, i))}
            {MostActivated(report, lines)}
            {Notes(report)}
            </div>
            </main>
            """);
    }

    /// <summary>The photograph, over which evidence is shown.</summary>
    public static Markup Stage(RgbImage photograph, string name, Markup background) => Markup.Of($"""
        <figure class="stage">
        <div class="frame"><img id="photograph" src="{Markup.Trusted(Pictures.Uri(photograph, Pictures.Photograph, quality: 84))}" alt="The photograph {name}" width="{photograph.Width}" height="{photograph.Height}">{background}<img id="heat" alt="" hidden><span id="box" class="box" hidden></span></div>
        <figcaption id="caption" aria-live="polite" data-rest="Hover over, tap or tab to a piece of evidence to see where it is.">Hover over, tap or tab to a piece of evidence to see where it is.</figcaption>
        </figure>
        """);

    /// <summary>A shade over everything that is not the object.</summary>
    private static Markup Background(bool[,]? cells)
    {
        if (cells is null) return Markup.Empty;
        (int rows, int columns) = (cells.GetLength(0), cells.GetLength(1));
        IEnumerable<Markup> off = Enumerable.Range(0, rows * columns).Where(cell => !cells[cell / columns, cell % columns])
            .Select(cell => Markup.Of($"""<rect x="{cell % columns}" y="{cell / columns}" width="1" height="1"/>"""));
        return Markup.Of($"""
            <svg class="background" viewBox="0 0 {columns} {rows}" preserveAspectRatio="none" aria-hidden="true">{off}</svg>
            """);
    }

    /// <summary>The classes by probability.</summary>
    public static Markup Ranking(IReadOnlyList<ClassScore> ranking, PageLinks links)
    {
        Markup Item(ClassScore score) => Markup.Of($"""
            <li><span class="name">{links.Class(score)}</span> <span class="figures">{Figures.Percent(score.Probability, "probability")} <small>logit {Figures.Number(score.Logit, "logit")}</small></span><i class="bar" style="width:{Figures.Plain(100 * score.Probability)}%"></i></li>
            """);

        int rest = ranking.Count - ClassesAtOnce;
        return Markup.Of($"""
            <section class="ranking" aria-label="Classes by probability">
            <h2>What it could be</h2>
            <ol>{ranking.Take(ClassesAtOnce).Select(Item)}</ol>
            {(rest < 1 ? Markup.Empty : Markup.Of($"""
            <details><summary>{Figures.Count(rest, "other class", "other classes")}</summary><ol start="{ClassesAtOnce + 1}">{ranking
                .Skip(ClassesAtOnce).Select(Item)}</ol></details>
            """))}
            </section>
            """);
    }

    /// <summary>How familiar the photograph looks, if that is known.</summary>
    public static Markup Familiarity(float? familiarity, UsualFamiliarity? usual) => familiarity is not { } known ? Markup.Empty : Markup.Of($"""
        <section class="familiar">
        <h2>How familiar it looks</h2>
        <p>{Figures.Number(known, "familiarity")}{Usual(usual)} <small>So alike (1: the same) does the backbone by itself find these parts and the prototypes that they are said to look like. Well below what photographs of its classes get, it says that this one shows something else, however probable the class.</small></p>
        </section>
        """);

    private static Markup Usual(UsualFamiliarity? usual) => usual is null ? Markup.Empty : Markup.Of(
        $", where half of the training photographs have more than {Figures.Number(usual.Median, "usual")}, and one in twenty less than {Figures.Number(usual.Low, "usual-low")}");

    private static Markup Case(LocalReport report, EvidenceMarkup lines, ClassEvidence evidence, int place)
    {
        Contrast? contrast = report.Contrasts.FirstOrDefault(other => other.Other.Index == evidence.Class.Index);
        return Markup.Of($"""
            <section class="case" id="case-{place}" data-title="{evidence.Class.Name}" data-class="{evidence.Class.Index}">
            <h2>{(place == 0 ? "Why" : "The evidence for")} {evidence.Class.Name}{(place == 0 ? "" : ", and why it is not enough")}</h2>
            {lines.Table(evidence)}
            {(contrast is null ? Markup.Empty : lines.Comparison(contrast))}
            </section>
            """);
    }

    private static Markup MostActivated(LocalReport report, EvidenceMarkup lines) => report.MostActivated.Count == 0 ? Markup.Empty : Markup.Of($"""
        <section class="most">
        <h2>Most similar, regardless of class</h2>
        <ul>
        {report.MostActivated.Select(activation => Markup.Of($"""
        <li>{lines.Small(activation.Prototype, $"Prototype {activation.Prototype.Title}")}<span>{activation.Prototype.Title}</span> {Figures.Number(
            activation.Similarity, "similarity")}</li>
        """))}
        </ul>
        </section>
        """);

    /// <summary>What a box does and does not show.</summary>
    private static Markup Notes(LocalReport report)
    {
        (int field, int side) = (report.Explanation.FieldOfView, report.Explanation.ImageSize);
        string subject = report.Backbone is { } backbone ? $"With this backbone ({backbone}), one patch" : "One patch";
        string extent = field >= side ? "that is, the whole photograph can reach it" : "a part of the photograph";
        string check = report.Masked.Count == 0 ? ""
            : " Each box was therefore painted over with the photograph's mean colour and the similarity measured again: "
            + "where it hardly falls, something outside the box matters.";
        string shade = report.Explanation.ObjectCells is null ? ""
            : " The shaded part of the photograph is not compared with any prototype: the network takes it for background.";
        return Markup.Of($"""
            <footer class="notes">
            <h2>How to read this</h2>
            <p>The network compares each patch of the photograph with prototypes, which are patches of training photographs. Similarity × weight gives the points of a prototype; all points together, those against included, are the class's logit. Probabilities follow from the logits.</p>
            <p id="field">{subject} sees {field} × {field} pixels of the {side} × {side} that the network is given: {extent}. A box shows where a prototype fires most (the top 5 % of its map), not all that it can see.{check}{shade}</p>
            </footer>
            """);
    }
}
