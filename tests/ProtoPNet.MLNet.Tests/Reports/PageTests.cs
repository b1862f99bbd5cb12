using System.Text.Json;
using Microsoft.Playwright;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Reports;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Reports;

/// <summary>Pages in a browser.</summary>
public sealed class PageTests(Browser browser) : IClassFixture<Browser>, IDisposable
{
    private readonly TrainedProtoPNet _model = Birds.Model();

    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task Pages_open_quietly_and_fit(int width, ColorScheme colours)
    {
        (string Name, string Html)[] pages =
            [("local", Birds.Report(Birds.Trusted(_model)).Html()), ("gallery", Birds.Gallery(_model).Html()), ("training", ReportTests.Training().Html("birds")),
            ("measures", Birds.Measures(_model).Html("birds <b>")), ("ensemble", Birds.Ensemble().Html()), ("bench", Cli.BenchVerbTests.Page())];
        foreach ((string name, string html) in pages)
        {
            OpenPage open = await browser.OpenAsync(html, width, 812, colours);
            await open.PhotographAsync($"{name}-{width}-{colours}");
            Assert.Empty(open.Complaints);
            Assert.Single(open.Requests);
            Assert.False(await open.ScrollsSidewaysAsync(), $"The {name} page scrolls sideways at {width} pixels.");
            await open.Page.SetViewportSizeAsync(794, 1123); // A4
            await open.Page.EmulateMediaAsync(new() { Media = Media.Print, ColorScheme = colours });
            Assert.Equal("rgb(255, 255, 255)", await open.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
            Assert.False(await open.ScrollsSidewaysAsync(), $"The {name} page scrolls sideways in print.");
            await open.PhotographAsync($"{name}-{width}-print");
        }
    }

    [Fact]
    public async Task Figures_on_the_local_page_equal_the_json()
    {
        LocalReport report = Birds.Report(_model);
        OpenPage open = await browser.OpenAsync(report.Html());
        JsonElement[] evidence = [.. JsonDocument.Parse(report.Json()).RootElement.GetProperty("evidence").EnumerateArray()];
        foreach ((int i, JsonElement json) in evidence.Index())
        {
            foreach (string figure in new[] { "similarity", "weight", "points" })
                Assert.Equal(json.GetProperty("prototypes").EnumerateArray().Select(line => line.GetProperty(figure).GetDouble()),
                    await open.ValuesAsync($"#case-{i} .line .{figure}"), (x, y) => Math.Abs(x - y) < 1e-6);
            double total = Assert.Single(await open.ValuesAsync($"#case-{i} .sum data.total"));
            double points = (await open.ValuesAsync($"#case-{i} .evidence .points, #case-{i} .sum .points")).Sum();
            Assert.Equal(json.GetProperty("sum").GetDouble(), total, 1e-9);
            Assert.Equal(total, points, 1e-6);
            Assert.Equal(json.GetProperty("logit").GetDouble(), points, 1e-4);
        }
    }

    [Fact]
    public async Task Shares_on_the_page_of_an_ensemble_add_up_and_are_those_of_the_evidence()
    {
        OpenPage open = await browser.OpenAsync(Birds.Ensemble().Html());
        double[] shares = [.. (await open.ValuesAsync(".shares tbody tr:first-child .share"))];
        Assert.Equal(2, shares.Length);
        Assert.Equal(Assert.Single(await open.ValuesAsync(".shares tbody tr:first-child .logit")), shares.Sum(), 1e-4);
        for (int m = 0; m < 2; m++)
            Assert.Equal(shares[m], (await open.ValuesAsync($"#case-{m} .evidence .points, #case-{m} .sum .points")).Sum(), 1e-4);
        await open.Page.Locator("[role=tab]").Nth(1).ClickAsync();
        Assert.True(await open.Page.Locator("#case-1").IsVisibleAsync());
        Assert.False(await open.Page.Locator("#case-0").IsVisibleAsync());
    }

    [Fact]
    public async Task Evidence_is_shown_by_mouse_and_by_keyboard()
    {
        OpenPage open = await browser.OpenAsync(Birds.Report(_model).Html());
        ILocator heat = open.Page.Locator("#heat");
        Assert.False(await heat.IsVisibleAsync());
        await open.Page.Locator("#case-0 .line").First.HoverAsync();
        Assert.True(await heat.IsVisibleAsync());
        await open.PhotographAsync("local-hover");
        await open.Page.Mouse.MoveAsync(0, 0);
        Assert.False(await heat.IsVisibleAsync());

        await open.Page.Locator("[role=tab]").First.FocusAsync();
        await open.Page.Keyboard.PressAsync("Tab");
        Assert.True(await heat.IsVisibleAsync());
        await open.Page.Keyboard.PressAsync("Shift+Tab");
        await open.Page.Keyboard.PressAsync("ArrowRight");
        Assert.True(await open.Page.Locator("#case-1").IsVisibleAsync());
        Assert.False(await open.Page.Locator("#case-0").IsVisibleAsync());
    }

    [Fact]
    public async Task The_gallery_filters_and_sorts()
    {
        OpenPage open = await browser.OpenAsync(Birds.Gallery(_model).Html());
        ILocator shown = open.Page.Locator(".card:visible");
        Assert.Equal(12, await shown.CountAsync());
        await open.Page.FillAsync("#find", "hummingbird");
        Assert.Equal(4, await shown.CountAsync());
        Assert.Equal("4 of 12", await open.Page.InnerTextAsync("#count"));
        await open.Page.FillAsync("#find", "");
        await open.Page.SelectOptionAsync("#class", "1");
        Assert.Equal(4, await shown.CountAsync());
        // Not its inner text, which is empty until the browser has laid out the card.
        Assert.Contains(Birds.Hostile, (await shown.First.TextContentAsync())!, StringComparison.Ordinal);
        await open.Page.SelectOptionAsync("#class", "");
        await open.Page.SelectOptionAsync("#order", "-weight");
        double[] weights = await open.ValuesAsync(".card .weight");
        Assert.Equal(weights.OrderDescending(), weights);
    }

    [Fact]
    public async Task The_gallery_is_worked_by_keyboard_and_its_links_bring_back_what_is_filtered_away()
    {
        OpenPage open = await browser.OpenAsync(Birds.Gallery(_model).Html());
        ILocator shown = open.Page.Locator(".card:visible");
        await open.Page.Keyboard.PressAsync("/");
        await open.Page.Keyboard.TypeAsync("hummingbird");
        Assert.Equal(4, await shown.CountAsync());
        await open.Page.Keyboard.PressAsync("Escape");
        Assert.Equal(12, await shown.CountAsync());
        await open.Page.Keyboard.PressAsync("Tab");
        Assert.Equal("class", await open.Page.EvaluateAsync<string>("document.activeElement.id"));

        await open.Page.SelectOptionAsync("#class", "2");
        string target = (await shown.First.Locator("a[href]").Last.GetAttributeAsync("href"))!;
        Assert.False(await open.Page.Locator(target).IsVisibleAsync());
        await shown.First.Locator("a[href]").Last.FocusAsync();
        await open.Page.Keyboard.PressAsync("Enter");
        await open.Page.WaitForFunctionAsync("id => '#' + document.activeElement.id === id", target);
        Assert.True(await open.Page.Locator(target).IsVisibleAsync());
    }

    [Fact]
    public async Task Gallery_and_json_agree_on_each_prototype()
    {
        GalleryReport gallery = Birds.Gallery(_model);
        OpenPage open = await browser.OpenAsync(gallery.Html());
        JsonElement[] json = [.. JsonDocument.Parse(gallery.Json()).RootElement.GetProperty("prototypes").EnumerateArray()];
        Assert.Equal(
            json.Select(one => one.GetProperty("weight").GetDouble()), await open.ValuesAsync(".card .weight"), (x, y) => Math.Abs(x - y) < 1e-6);
        Assert.Equal(
            json.Select(one => one.GetProperty("purity").GetDouble()), await open.ValuesAsync(".card .purity"), (x, y) => Math.Abs(x - y) < 1e-9);
        IEnumerable<double> near = json.SelectMany(one
            => new[] { "nearestOfItsClass", "nearestOfOtherClasses" }.Select(kind => one.GetProperty(kind)[0].GetProperty("distance").GetDouble()));
        Assert.Equal(near, await open.ValuesAsync(".card .distance"), (x, y) => Math.Abs(x - y) < 1e-9);
    }

    [Fact]
    public async Task Pages_open_within_two_seconds()
    {
        foreach (string html in new[] { Birds.Report(_model).Html(), Birds.Gallery(_model).Html() })
        {
            OpenPage open = await browser.OpenAsync(html);
            double work = await open.WorkAsync();
            Assert.True(work is > 0 and < 2, $"Opening took {work:F2} s of work, {await open.LoadedAsync():F2} s by the clock.");
        }
    }

    public void Dispose() => _model.Dispose();
}
