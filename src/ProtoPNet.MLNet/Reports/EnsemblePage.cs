using ProtoPNet.MLNet.Explanations;

namespace ProtoPNet.MLNet.Reports;

/// <summary>The page of one photograph and an ensemble: who contributes what, then each member's evidence for the predicted class.</summary>
internal static class EnsemblePage
{
    public static string Render(EnsembleReport report)
    {
        ClassScore predicted = report.Explanation.Predicted;
        int all = report.Members.Count, agree = report.Members.Count(member => member.Report.Explanation.Predicted.Name == predicted.Name);
        string agreement = agree == all ? "all of which say so by themselves" : $"of which {Figures.Count(agree, "says", "say")} so alone";
        return Page.Render($"{predicted.Name} – {report.Name}", "local", Markup.Of($"""
            <header>
            <p class="kicker">{report.Name}</p>
            <h1>{predicted.Name}</h1>
            <p class="lead">{Figures.Percent(predicted.Probability, "probability")} probable by the mean of {all} models, {agreement}.</p>
            </header>
            <main>
            <aside>
            {LocalPage.Stage(report.Photograph, report.Name, Markup.Empty)}
            {LocalPage.Ranking(report.Explanation.Ranking, PageLinks.None)}
            {LocalPage.Familiarity(report.Explanation.Familiarity, usual: null)}
            </aside>
            <div class="cases">
            {Shares(report)}
            {report.Members.Select(Case)}
            <footer class="notes">
            <h2>How to read this</h2>
            <p>Each model compares the photograph with its own prototypes, which are patches of training photographs: similarity × weight = points. All points of a model, those against included, are its share of a class's logit; the shares of all models are the logit. Probabilities follow from the logits divided by the number of models.</p>
            <p>A box shows where a prototype fires most (the top 5 % of its map), not all that it can see.</p>
            </footer>
            </div>
            </main>
            """));
    }

    private static Markup Shares(EnsembleReport report) => Markup.Of($"""
        <section class="contrast shares">
        <h2>Who contributes what</h2>
        <div class="scroll"><table>
        <thead><tr><th scope="col">Class</th>{report.Members.Select(member => Markup.Of($"<th scope=\"col\">{member.Share.Member.Name}</th>"))}<th scope="col">logit</th></tr></thead>
        <tbody>
        {report.Classes.Select(score => Markup.Of($"""
        <tr><th scope="row">{score.Name}</th>{report.Members.Select(member => Markup.Of(
            $"<td>{Figures.Signed(member.Share.Member.Logits[score.Index], "share")}</td>"))}<td>{Figures.Number(score.Logit, "logit")}</td></tr>
        """))}
        </tbody>
        <tfoot><tr><th scope="row">Its own prediction</th>{report.Members.Select(member => Markup.Of(
            $"<td>{member.Report.Explanation.Predicted.Name}</td>"))}<td></td></tr></tfoot>
        </table></div>
        </section>
        """);

    private static Markup Case(MemberReport member, int place)
    {
        ClassEvidence evidence = member.Report.Evidence[0];
        string backbone = member.Report.Backbone is { } known && known.Name != member.Share.Member.Name ? $" ({known.Name})" : "";
        return Markup.Of($"""
            <section class="case" id="case-{place}" data-title="{member.Share.Member.Name}" data-class="{evidence.Class.Index}">
            <h2>{member.Share.Member.Name}{backbone}: {Figures.Signed(member.Share.Points, "share")} for {evidence.Class.Name}</h2>
            {new EvidenceMarkup(member.Report, PageLinks.None).Table(evidence)}
            </section>
            """);
    }
}
