using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Training;

namespace ProtoPNet.MLNet.Reports;

/// <summary>The page of a training run: losses, accuracies, phases, time, and the certificate of the last layer.</summary>
internal static class TrainingPage
{
    /// <summary>For the head of a page that is rewritten during training.</summary>
    public static Markup ReadAnew => Markup.Of($"<meta http-equiv=\"refresh\" content=\"10\">");

    /// <param name="name">The model's name.</param>
    /// <param name="summary">One sentence: how many images, how long.</param>
    /// <param name="phases">The phases, in order.</param>
    /// <param name="head">Additional markup for the head.</param>
    public static string Render(string name, string summary, IReadOnlyList<PhaseReport> phases, Markup head = default)
    {
        PhaseReport[] stepped = [.. phases.Where(phase => phase.Epochs.Count > 0)];
        Band[] bands = [.. stepped.Select(phase => new Band(phase.Phase.Name, phase.Epochs.Count))];
        EpochMetrics[] epochs = [.. stepped.SelectMany(phase => phase.Epochs)];
        Series Of(string what, Func<EpochMetrics, double?> value) => new(what, [.. epochs.Select(value)]);
        Series[] accuracies = [Of("training views", epoch => epoch.Accuracy)];
        if (epochs.Any(epoch => epoch.ValidationAccuracy is not null))
            accuracies = [.. accuracies, Of("held-out images", epoch => epoch.ValidationAccuracy)];
        if (epochs.Any(epoch => epoch.ProjectedAccuracy is not null))
            accuracies = [.. accuracies, Of("held-out images, prototypes projected", epoch => epoch.ProjectedAccuracy)];
        Series[] losses = HeldOut("loss", epoch => epoch.Loss, epoch => epoch.ValidationLoss);
        Series[] crossEntropies = HeldOut("cross entropy, nats", epoch => epoch.CrossEntropy, epoch => epoch.ValidationCrossEntropy);
        string Short(double value) => Figures.Text(value, "0.##");
        Series[] HeldOut(string what, Func<EpochMetrics, double?> learned, Func<EpochMetrics, double?> heldOut)
            => epochs.Any(epoch => heldOut(epoch) is not null)
                ? [Of($"{what}, training views", learned), Of($"{what}, held-out images", heldOut)]
                : [Of(what, learned)];
        return Page.Render($"Training – {name}", "training", Markup.Of($"""
            <header>
            <p class="kicker">{name}</p>
            <h1>Training</h1>
            <p class="lead">{summary}</p>
            </header>
            <main>
            {(epochs.Length == 0 ? Markup.Empty : Markup.Of($"""
            <section><h2>Accuracy</h2>{LineChart.Render("Accuracy by epoch", bands, accuracies, Figures.PercentText)}</section>
            <section><h2>Loss</h2>{LineChart.Render("Loss by epoch", bands, losses, Short)}</section>
            <section><h2>Cross entropy</h2>{LineChart.Render("Cross entropy by epoch", bands, crossEntropies, Short)}</section>
            <section><h2>Cluster and separation</h2>{LineChart.Render("Cluster and separation by epoch", bands,
                [Of("to the nearest own prototype", epoch => epoch.Cluster), Of("to the nearest other prototype", epoch => epoch.Separation)], Short)}
            <p class="notes">Squared distances of patches to prototypes: the lower line should fall, the gap widen.</p></section>
            """))}
            <section><h2>Phases</h2>{Phases(phases)}</section>
            {phases.Where(phase => phase.LastLayer is not null).Select((phase, i) => Certificate(phase.LastLayer!, i))}
            {phases.Select(phase => phase.Path).OfType<RegularisationPath>().Select(Path)}
            </main>
            """), head);
    }

    private static Markup Phases(IReadOnlyList<PhaseReport> phases)
    {
        double longest = phases.Count == 0 ? 1 : phases.Max(phase => phase.Seconds);
        bool measured = phases.Any(phase => phase.ValidationAccuracy is not null);
        return Markup.Of($"""
            <div class="scroll"><table>
            <thead><tr><th scope="col">Phase</th><th scope="col">epochs</th>{(measured ? Markup.Of($"<th scope=\"col\">held-out accuracy</th>") : Markup.Empty)}<th scope="col">images / s</th><th scope="col">time</th><th scope="col" class="wide"></th></tr></thead>
            <tbody>{phases.Select(phase => Markup.Of($"""
            <tr><th scope="row">{phase.Phase.Name}</th><td>{(phase.Epochs.Count > 0 ? phase.Epochs.Count.ToString() : "")}</td>{(!measured
                ? Markup.Empty
                : phase.ValidationAccuracy is { } accuracy ? Markup.Of($"<td>{Figures.Percent(accuracy, "validation")}</td>")
                : Markup.Of($"<td></td>"))}<td>{(phase.ImagesPerSecond > 0
                    ? Figures.Text(phase.ImagesPerSecond, "0")
                    : "")}</td><td>{Figures.Duration(phase.Seconds)}</td><td class="wide"><i class="bar" style="width:{Figures.Plain(longest > 0
                    ? 100 * phase.Seconds / longest
                    : 0)}%"></i></td></tr>
            """))}</tbody>
            </table></div>
            {phases.Where(phase => phase.Removal is not null).Select(phase
                => Markup.Of($"<p class=\"notes\">{phase.Phase.Name}: {phase.Removal!.ToString()}.</p>"))}
            """);
    }

    private static Markup Certificate(LastLayerCertificate proof, int place) => Markup.Of($"""
        <section><h2>The last layer{(place == 0 ? "" : $" ({place + 1})")}</h2>
        <p class="notes">A convex problem, solved until the objective is proven to be within {Figures.Text(proof.RelativeGap, "0.0e0")} of the best possible.</p>
        <dl class="facts">
        <div><dt>objective</dt><dd><data class="objective" value="{proof.Objective:R}">{proof.Objective:G6}</data></dd></div>
        <div><dt>proven lower bound</dt><dd><data class="bound" value="{proof.DualBound:R}">{proof.DualBound:G6}</data></dd></div>
        <div><dt>training accuracy</dt><dd>{Figures.Percent(proof.Accuracy, "accuracy")}</dd></div>
        <div><dt>weights between classes that are exactly 0</dt><dd>{proof.OffClassZeros:N0} of {proof.OffClassWeights:N0}</dd></div>
        <div><dt>Newton steps, time</dt><dd>{proof.Iterations}, {Figures.Duration(proof.Elapsed.TotalSeconds)}</dd></div>
        </dl></section>
        """);

    private static Markup Path(RegularisationPath path)
    {
        bool measured = path.Points.Any(point => point.ValidationAccuracy is not null), sparse = path.Points.Any(point => point.OwnL1 is not null);
        return Markup.Of($"""
            <section><h2>The penalty λ</h2>
            <p class="notes">The last layer solved for each λ: the larger λ, the fewer connections between classes remain.{(sparse
                ? " The larger λ_own, the fewer prototypes are needed." : "")}</p>
            <div class="scroll"><table>
            <thead><tr><th scope="col">λ</th>{(sparse ? Markup.Of($"<th scope=\"col\">λ_own</th><th scope=\"col\">prototypes</th>") : Markup.Empty)}<th scope="col">weights between classes</th><th scope="col">training accuracy</th>{(measured ? Markup.Of($"<th scope=\"col\">held-out accuracy</th>") : Markup.Empty)}</tr></thead>
            <tbody>{path.Points.Select(point => Markup.Of($"""
            <tr><th scope="row">{point.L1:G2}</th>{(sparse
                ? Markup.Of($"<td>{(point.OwnL1 is { } own ? Figures.Text(own, "0.0e0") : "")}</td><td>{point.Prototypes:N0}</td>")
                : Markup.Empty)}<td>{point.Connections:N0}</td><td>{Figures.Percent(
                point.Solution.Certificate.Accuracy, "accuracy")}</td>{(!measured ? Markup.Empty
                : point.ValidationAccuracy is { } accuracy ? Markup.Of($"<td>{Figures.Percent(accuracy, "validation")}</td>")
                : Markup.Of($"<td></td>"))}</tr>
            """))}</tbody>
            </table></div></section>
            """);
    }
}
