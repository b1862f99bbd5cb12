namespace ProtoPNet.MLNet.Reports;

/// <summary>The page of what a model confuses: the matrix, the most frequent mistakes, the figures of each class.</summary>
internal static class ConfusionPage
{
    /// <summary>Larger matrices do not fit any screen; their mistakes are listed.</summary>
    private const int LargestMatrix = 40;

    private const int ListedMistakes = 50;

    public static string Render(ConfusionReport report, string name) => Page.Render($"Evaluation – {name}", "confusion", Markup.Of($"""
        <header>
        <p class="kicker">{name}</p>
        <h1>What does it confuse?</h1>
        <p class="lead">{Lead(report)}</p>
        </header>
        <main>
        {(report.ClassNames.Count <= LargestMatrix ? Matrix(report) : Markup.Empty)}
        <section><h2>Mistakes</h2>{Mistakes(report)}</section>
        <section><h2>Classes</h2>
        <div class="scroll"><table class="figures" id="classes">
        <thead><tr><th scope="col">Class</th><th scope="col">photographs</th><th scope="col">recall</th><th scope="col">precision</th><th scope="col">F₁</th></tr></thead>
        <tbody>{report.Classes.Select(Row)}</tbody>
        </table></div>
        <p class="notes">Recall: the share of its photographs that are recognised. Precision: the share of the photographs taken for it that are of this class. F₁: their harmonic mean.</p>
        </section>
        </main>
        """));

    private static Markup Lead(ConfusionReport report) => report.Images == 0 ? Markup.Of($"No photographs.")
        : Markup.Of($"{Figures.Percent((double)report.Correct / report.Images, "accuracy")} of {Figures.Count(report.Images, "photograph", "photographs")} are classified correctly.");

    private static Markup Matrix(ConfusionReport report)
    {
        Markup Head(string name) => Markup.Of($"<th scope=\"col\"><span>{name}</span></th>");
        Markup Cell(int actual, int predicted)
        {
            int count = report[actual, predicted];
            if (count == 0) return Markup.Of($"<td></td>");
            string share = Figures.Plain(100.0 * count / report.Classes[actual].Images);
            string kind = actual == predicted ? "right" : "wrong";
            return Markup.Of($"<td class=\"{kind}\" style=\"--share:{share}%\" title=\"{report.ClassNames[actual]} taken for {report.ClassNames[predicted]}\">{count}</td>");
        }
        Markup Line(string name, int actual) => Markup.Of(
            $"<tr><th scope=\"row\">{name}</th>{Enumerable.Range(0, report.ClassNames.Count).Select(predicted => Cell(actual, predicted))}</tr>");
        return Markup.Of($"""
            <section><h2>The matrix</h2>
            <p class="notes">A row for each true class, a column for each predicted one; the stronger the colour, the larger the share of the class.</p>
            <div class="scroll"><table id="matrix">
            <thead><tr><th></th>{report.ClassNames.Select(Head)}</tr></thead>
            <tbody>{report.ClassNames.Select(Line)}</tbody>
            </table></div></section>
            """);
    }

    private static Markup Mistakes(ConfusionReport report)
    {
        if (report.Confusions.Count == 0) return Markup.Of($"<p class=\"notes\">None.</p>");
        Markup One(Confusion mistake) => Markup.Of(
            $"<tr><th scope=\"row\">{mistake.Actual}</th><td class=\"taken\">{mistake.Predicted}</td><td>{mistake.Images}</td></tr>");
        int more = report.Confusions.Count - ListedMistakes;
        return Markup.Of($"""
            <div class="scroll"><table class="figures" id="mistakes">
            <thead><tr><th scope="col">Photographs of</th><th scope="col" class="taken">taken for</th><th scope="col">number</th></tr></thead>
            <tbody>{report.Confusions.Take(ListedMistakes).Select(One)}</tbody>
            </table></div>
            {(more > 0 ? Markup.Of($"<p class=\"notes\">And {Figures.Count(more, "other pair", "other pairs")} of classes.</p>") : Markup.Empty)}
            """);
    }

    private static Markup Row(ConfusedClass one) => Markup.Of($"""
        <tr><th scope="row">{one.Name}</th><td>{one.Images}</td><td>{Share(one.Recall, "recall")}</td><td>{Share(one.Precision, "precision")}</td><td>{Share(one.F1, "f1")}</td></tr>
        """);

    private static Markup Share(double? share, string name) => share is { } known ? Figures.Percent(known, name) : Markup.Of($"–");
}
