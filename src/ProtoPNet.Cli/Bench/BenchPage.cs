using ProtoPNet.MLNet.Reports;

namespace ProtoPNet.Cli.Bench;

/// <summary>The page of a benchmark: what was measured here, and apart from it what others have published.</summary>
internal static class BenchPage
{
    public static string Render(BenchReport report)
    {
        string best = new[] { report.Ours.Max(model => model.Accuracy), report.Ensemble?.Accuracy }.Max() is { } accuracy
            ? $"{accuracy:P1}" : "not measured";
        Markup ensemble = report.Ensemble is { } all ? Row(BenchWording.Cells(all), "td", Markup.Empty) : Markup.Empty;
        return Page.Render($"Benchmark {report.Benchmark}", "training", Markup.Of($"""
            <header>
            <p class="kicker">{$"{report.Machine}"}, seed {report.Seed}, version {report.Tool}</p>
            <h1>{report.Benchmark}: {best} on {report.TestImages} test photographs</h1>
            <p class="lead">{report.Classes} classes, {report.TrainImages} training photographs.</p>
            </header>
            <main>
            <section id="ours"><h2>Measured here</h2>
            <div class="scroll"><table class="figures">
            <thead>{Row(BenchWording.OurColumns, "th", Markup.Empty)}</thead>
            <tbody>{report.Ours.Select(model => Row(BenchWording.Cells(model), "td", Links(model.Name)))}{ensemble}</tbody>
            </table></div>
            <p class="notes">Consistency, stability, part purity and no part after their definitions in docs/explanations.md, on the test photographs; evidence size: prototypes for 80 % of the evidence.</p>
            </section>
            <section id="published"><h2>Published, not measured here</h2>
            <div class="scroll"><table class="figures">
            <thead>{Row(BenchWording.PublishedColumns, "th", Markup.Empty)}</thead>
            <tbody>{report.Published.Select(figure => Row(BenchWording.Cells(figure), "td", Markup.Empty))}</tbody>
            </table></div>
            </section>
            <section id="commands"><h2>Commands</h2>
            {report.Ours.Select(model => Markup.Of($"<p class=\"notes\"><code>{model.Command}</code></p>"))}
            </section>
            </main>
            """));
    }

    private static Markup Row(IReadOnlyList<string> cells, string element, Markup after)
    {
        Markup tag = Markup.Trusted(element);
        return Markup.Of($"<tr><th scope=\"row\">{cells[0]}{after}</th>{cells.Skip(1).Select(cell => Markup.Of($"<{tag}>{cell}</{tag}>"))}</tr>");
    }

    private static Markup Links(string folder)
    {
        string address = Uri.EscapeDataString(folder);
        return Markup.Of($"""
            <br><small><a href="{address}/training.html">training</a> <a href="{address}/interpretability.html">explanations</a></small>
            """);
    }
}
