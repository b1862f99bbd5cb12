using ProtoPNet.MLNet.Confidence;

namespace ProtoPNet.MLNet.Reports;

/// <summary>The page of how far a model's probabilities can be believed: reliability diagram, temperature, abstention, what is novel.</summary>
internal static class ConfidencePage
{
    public static string Render(ConfidenceReport report, string name)
    {
        CalibrationMetrics calibration = report.Calibration;
        return Page.Render($"Confidence – {name}", "confidence", Markup.Of($"""
            <header>
            <p class="kicker">{name}</p>
            <h1>Can its probabilities be believed?</h1>
            <p class="lead">On {Figures.Count(calibration.Photographs, "photograph", "photographs")} it is {Figures.Percent(calibration.Confidence, "confidence")} sure on average and right in {Figures.Percent(calibration.Accuracy, "accuracy")}.</p>
            </header>
            <main>
            <section><h2>Calibration</h2>
            {ReliabilityDiagram.Render(calibration)}
            <p class="notes">Each bar is the share of right predictions among those of like confidence; on the diagonal, they are right as often as they claim. Expected calibration error {Figures.Percent(calibration.ExpectedError, "ece")}{Before(report)}. By chance, perfectly calibrated probabilities would show {Figures.Percent(calibration.ErrorByChance, "ece-by-chance")} on as many photographs.</p>
            </section>
            {Abstention(report)}
            </main>
            """));
    }

    private static Markup Before(ConfidenceReport report) => report.BeforeTemperature is not { } before ? Markup.Empty : Markup.Of(
        $"; {Figures.Percent(before.ExpectedError, "ece-before")} before its last layer was divided by the temperature {Figures.Number(report.Temperature, "temperature")}, which was fitted to training photographs held out for it");

    private static Markup Abstention(ConfidenceReport report) => Markup.Of($"""
        <section><h2>Knowing nothing</h2>
        {Novelty(report)}
        {(report.Abstention.Count > 0 ? Thresholds(report) : Markup.Of($"<p class=\"notes\">This model has no familiarity to abstain by.</p>"))}
        </section>
        """);

    private static Markup Thresholds(ConfidenceReport report)
    {
        bool novel = report.ByFamiliarity is not null;
        Markup Row(AbstentionPoint point) => Markup.Of($"""
            <tr><th scope="row">{Figures.Precise(point.Threshold, "threshold")}</th><td>{Figures.Percent(point.Answered, "answered")}</td><td>{(point.Accuracy is { } right ? Figures.Percent(right, "accuracy") : Markup.Of($"–"))}</td>{(point.NovelAnswered is { } let ? Markup.Of($"<td>{Figures.Percent(let, "novel")}</td>") : Markup.Empty)}</tr>
            """);

        return Markup.Of($"""
            <div class="scroll"><table class="figures">
            <thead><tr><th scope="col">familiar from</th><th scope="col">answered</th><th scope="col">of these right</th>{(novel ? Markup.Of($"<th scope=\"col\">of the novel ones answered</th>") : Markup.Empty)}</tr></thead>
            <tbody>{report.Abstention.Select(Row)}</tbody>
            </table></div>
            <p class="notes">Below the threshold the answer is “unknown” (AbstainBelow). Choose it on other photographs than those that its figures are reported for.</p>
            """);
    }

    private static Markup Novelty(ConfidenceReport report) => report switch
    {
        { ByFamiliarity: { } by, ByProbability: { } plain } => Markup.Of($"<p>A photograph of its classes looks more familiar than one of {Figures.Count(by.Novel, "photograph", "photographs")} of something else in {Figures.Percent(by.Auroc, "auroc")} of the pairs (area under the curve); by its probability alone in {Figures.Percent(plain.Auroc, "auroc-probability")}.</p>"),
        { ByProbability: { } plain } => Markup.Of($"<p>It is surer of a photograph of its classes than of one of {Figures.Count(plain.Novel, "photograph", "photographs")} of something else in {Figures.Percent(plain.Auroc, "auroc-probability")} of the pairs (area under the curve).</p>"),
        _ => Markup.Empty,
    };
}
