using ProtoPNet.MLNet.Reports;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Reports;

/// <summary>What a model confuses, as figures and as a page.</summary>
public sealed class ConfusionPageTests(Browser browser) : IClassFixture<Browser>
{
    private static readonly string[] s_names = ["Robin", "<Wren>", "Stork"];
    private static readonly ConfusionReport s_report = new(s_names, [[3, 1, 0], [2, 4, 0], [0, 0, 0]]);

    [Fact]
    public void Figures_follow_from_the_counts()
    {
        Assert.Equal((10, 7), (s_report.Images, s_report.Correct));
        ConfusedClass robin = s_report.Classes[0];
        Assert.Equal((4, 5, 3), (robin.Images, robin.Predicted, robin.Correct));
        Assert.Equal((0.75, 0.6, 6.0 / 9), (robin.Recall!.Value, robin.Precision!.Value, robin.F1!.Value));
        Assert.Equal((null, null, null), (s_report.Classes[2].Recall, s_report.Classes[2].Precision, s_report.Classes[2].F1));
        Assert.Equal([new Confusion("<Wren>", "Robin", 2), new Confusion("Robin", "<Wren>", 1)], s_report.Confusions);
    }

    [Fact]
    public void Counts_of_another_size_are_refused()
        => Assert.Throws<ArgumentException>(() => new ConfusionReport(s_names, [[1, 2], [3, 4], [5, 6]]));

    [Fact]
    public void A_large_matrix_is_a_list_of_mistakes()
    {
        const int Classes = 41;
        int[][] counts = [.. Enumerable.Range(0, Classes).Select(actual => Enumerable.Range(0, Classes).Select(k => k == actual ? 5 : k == 0 ? 1 : 0).ToArray())];
        string page = new ConfusionReport([.. Enumerable.Range(0, Classes).Select(k => $"class {k}")], counts).Html("model");
        Assert.DoesNotContain("id=\"matrix\"", page, StringComparison.Ordinal);
        Assert.Contains("<th scope=\"row\">class 40</th><td class=\"taken\">class 0</td><td>1</td>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_shows_matrix_mistakes_and_classes()
    {
        OpenPage open = await browser.OpenAsync(s_report.Html("birds"));
        Assert.Equal(0.7, Assert.Single(await open.ValuesAsync(".lead .accuracy")), 1e-12);
        string[] cells = await open.Page.EvalOnSelectorAllAsync<string[]>("#matrix td", "all => all.map(one => one.textContent)");
        Assert.Equal(["3", "1", "", "2", "4", "", "", "", ""], cells);
        Assert.Equal(["<Wren>", "Robin"], await open.Page.EvalOnSelectorAllAsync<string[]>("#mistakes th[scope=row]", "all => all.map(one => one.textContent)"));
        double[] recalls = await open.ValuesAsync("#classes .recall");
        Assert.Equal((2, 0.75, 4.0 / 6), (recalls.Length, recalls[0], recalls[1]));
    }
}
