using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Reports;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Reports;

/// <summary>The page of how good explanations are.</summary>
public sealed class MeasuresPageTests(Browser browser) : IClassFixture<Browser>, IDisposable
{
    private readonly TrainedProtoPNet _model = Birds.Model();

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task Figures_on_the_page_are_those_of_the_report_and_prototypes_stand_from_worst_to_best()
    {
        InterpretabilityReport report = Birds.Measures(_model);
        OpenPage open = await browser.OpenAsync(report.Html("birds"));
        async Task<double> Figure(string kind) => Assert.Single(await open.ValuesAsync($"table .{kind}"));
        Assert.Equal(report.Consistency!.Value, await Figure("consistency"), 1e-12);
        Assert.Equal(report.Stability!.Value, await Figure("stability"), 1e-12);
        Assert.Equal(report.NoPart!.Value, await Figure("no-part"), 1e-12);
        Assert.Equal(report.OnObject!.Value, await Figure("on-the-object"), 1e-12);
        Assert.Equal(report.Deletion!.Elsewhere, await Figure("elsewhere"), 1e-12);
        Assert.Equal(report.Completeness!.Rank, await Figure("completeness-rank"), 1e-12);
        Assert.Equal(report.Continuity!.Similarity, await Figure("continuity"), 1e-12);

        string[] indices = await open.Page.EvalOnSelectorAllAsync<string[]>(".prototype", "all => all.map(one => one.dataset.index)");
        Assert.Equal(12, indices.Distinct().Count()); // six and six
        double[] scores = [.. indices.Select(index => MeasuresPage.Score(report.Prototypes[int.Parse(index)].Trust)!.Value)];
        Assert.Equal(scores.Take(6).Order(), scores.Take(6));
        Assert.Equal(scores.Skip(6).OrderDescending(), scores.Skip(6));
        Assert.True(scores[5] <= scores[^1]);
        Assert.Equal(5, await open.Page.Locator(".spread").CountAsync());
    }

    [Fact]
    public void Without_parts_the_page_says_so_and_shows_what_takes_none()
    {
        InterpretabilityReport report = InterpretabilityMeasurement.Run(_model, Birds.Photographs, new(), TestContext.Current.CancellationToken);
        string html = report.Html("birds");
        Assert.Contains("No parts are annotated", html, StringComparison.Ordinal);
        Assert.DoesNotContain("consistency", html, StringComparison.Ordinal);
        Assert.DoesNotContain("on the object", html, StringComparison.Ordinal);
        Assert.Contains("class purity", html, StringComparison.Ordinal);
    }

    [Fact]
    public void A_histogram_has_ten_bins_and_its_last_holds_what_is_whole()
    {
        Assert.Equal([2, 1, 0, 1, 0, 0, 0, 1, 0, 2], MeasuresPage.Histogram([0, 0.09, 0.1, 0.3, 0.7, 0.99, 1]));
        Assert.Equal(0.5, MeasuresPage.Score(new(3) { BestPart = new("crown", 1, 2), NoPart = 0.5 })!.Value);
        Assert.Null(MeasuresPage.Score(new(0)));
    }
}
