using System.Reflection;
using System.Text.Json;
using Microsoft.Playwright;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Reports;

/// <summary>The system's Chromium, headless, without network; tests skip if it is absent.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] _places =
        ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", @"C:\Program Files\Google\Chrome\Application\chrome.exe"];

    private static readonly string[] _arguments =
        ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];

    private readonly string _folder = Directory.CreateTempSubdirectory("protopnet-pages-").FullName;
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        if (_places.FirstOrDefault(File.Exists) is not { } chromium) return;
        string package = typeof(Browser).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .First(data => data.Key == "PlaywrightDriver").Value!;
        Environment.SetEnvironmentVariable("PLAYWRIGHT_DRIVER_SEARCH_PATH", package);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = chromium, Headless = true, Args = _arguments, Timeout = 120_000 });
    }

    /// <summary>Opens a page from disk and fails if it reports an error or requests anything else.</summary>
    internal async Task<OpenPage> OpenAsync(string html, int width = 1280, int height = 900, ColorScheme colours = ColorScheme.Light)
    {
        string path = Path.Combine(_folder, Guid.NewGuid().ToString("N") + ".html");
        await File.WriteAllTextAsync(path, html);
        return await VisitAsync(new(path), width, height, colours);
    }

    /// <summary>Opens a page at an address.</summary>
    internal async Task<OpenPage> VisitAsync(Uri address, int width = 1280, int height = 900, ColorScheme colours = ColorScheme.Light)
    {
        Assert.SkipWhen(_browser is null, "There is no Chromium: 'apt-get install chromium' makes this test run.");
        IBrowserContext context = await _browser.NewContextAsync(new()
        {
            ViewportSize = new() { Width = width, Height = height },
            ColorScheme = colours,
            HasTouch = width < 500,
        });
        IPage page = await context.NewPageAsync();
        page.SetDefaultTimeout(60_000);
        OpenPage open = new(page, await context.NewCDPSessionAsync(page));
        await open.CountTimeAsync();
        await page.GotoAsync(address.AbsoluteUri, new() { Timeout = 60_000 });
        return open;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>A page with its errors and requests.</summary>
internal sealed class OpenPage
{
    private readonly ICDPSession _tools;

    public OpenPage(IPage page, ICDPSession tools)
    {
        (Page, _tools) = (page, tools);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") Complaints.Add(message.Text);
        };
        page.PageError += (_, error) => Complaints.Add(error);
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith("data:", StringComparison.Ordinal)) Requests.Add(request.Url);
        };
    }

    public IPage Page { get; }

    public List<string> Complaints { get; } = [];

    public List<string> Requests { get; } = [];

    /// <summary>The values of all elements matching a selector.</summary>
    public async Task<double[]> ValuesAsync(string selector)
        => [.. (await Page.EvalOnSelectorAllAsync<string[]>(selector, "all => all.map(one => one.getAttribute('value'))"))
            .Select(value => double.Parse(value, System.Globalization.CultureInfo.InvariantCulture))];

    public Task<bool> ScrollsSidewaysAsync() => Page.EvaluateAsync<bool>("document.documentElement.scrollWidth > innerWidth");

    /// <summary>Starts counting the processor time of the page's thread, which other programs do not affect.</summary>
    internal Task CountTimeAsync() => _tools.SendAsync("Performance.enable", new Dictionary<string, object> { ["timeDomain"] = "threadTicks" });

    /// <summary>Seconds of work in the page's thread so far: parsing, styles, layout, scripts.</summary>
    public async Task<double> WorkAsync()
    {
        JsonElement metrics = (await _tools.SendAsync("Performance.getMetrics"))!.Value.GetProperty("metrics");
        return metrics.EnumerateArray().Single(metric => metric.GetProperty("name").GetString() == "TaskDuration").GetProperty("value").GetDouble();
    }

    /// <summary>Seconds from the request to the end of the load event, by the clock.</summary>
    public Task<double> LoadedAsync() => Page.EvaluateAsync<double>("performance.getEntriesByType('navigation')[0].loadEventEnd / 1000");

    /// <summary>Saves a screenshot if the environment variable PROTOPNET_SCREENSHOTS names a folder.</summary>
    public async Task PhotographAsync(string name)
    {
        if (Environment.GetEnvironmentVariable("PROTOPNET_SCREENSHOTS") is not { Length: > 0 } folder) return;
        Directory.CreateDirectory(folder);
        await Page.ScreenshotAsync(new() { Path = Path.Combine(folder, name + ".png"), FullPage = true, Timeout = 60_000 });
    }
}
