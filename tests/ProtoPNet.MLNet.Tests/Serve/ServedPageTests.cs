using Microsoft.Playwright;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Tests.Reports;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ProtoPNet.MLNet.Tests.Serve;

/// <summary>The served pages in a browser.</summary>
public sealed class ServedPageTests(Browser browser) : IClassFixture<Browser>
{
    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task A_photograph_is_explained_and_why_not_another_class(int width, ColorScheme colours)
    {
        await using ServedBirds birds = await ServedBirds.Start(editable: false);
        OpenPage open = await browser.VisitAsync(birds.Server.Address, width, 812, colours);
        await open.PhotographAsync($"serve-start-{width}-{colours}");
        Assert.False(await open.ScrollsSidewaysAsync());
        LocalExplanation expected = birds.Model.Explain(Birds.Paint(3));
        await open.Page.SetInputFilesAsync(".drop input", new FilePayload { Name = "bird.png", MimeType = "image/png", Buffer = ServedBirds.Bird(3) });
        await Expect(open.Page.Locator("h1")).ToHaveTextAsync(expected.Predicted.Name);
        await open.PhotographAsync($"serve-explained-{width}-{colours}");
        Assert.False(await open.ScrollsSidewaysAsync());
        string link = open.Page.Url;

        ClassScore last = expected.Ranking[^1];
        await open.Page.Locator(".ranking a").Last.ClickAsync();
        await Expect(open.Page.Locator("[role=tab][aria-selected=true]")).ToHaveTextAsync(last.Name);
        Assert.StartsWith(link, open.Page.Url, StringComparison.Ordinal);
        await Expect(open.Page.Locator(".latest img")).ToHaveCountAsync(1);
        Assert.Empty(open.Complaints);
        Assert.All(open.Requests, request => Assert.StartsWith(birds.Server.Address.AbsoluteUri, request, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_photograph_can_be_dropped_and_pasted()
    {
        await using ServedBirds birds = await ServedBirds.Start(editable: false);
        string picture = Convert.ToBase64String(ServedBirds.Bird(3));
        string predicted = birds.Model.Explain(Birds.Paint(3)).Predicted.Name;
        foreach (string way in new[] { "new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true })", "new ClipboardEvent('paste', { clipboardData: files, bubbles: true })" })
        {
            OpenPage open = await browser.VisitAsync(birds.Server.Address);
            await open.Page.EvaluateAsync($$"""
                picture => {
                  const files = new DataTransfer();
                  files.items.add(new File([Uint8Array.from(atob(picture), one => one.charCodeAt(0))], 'bird.png', { type: 'image/png' }));
                  document.body.dispatchEvent({{way}});
                }
                """, picture);
            await Expect(open.Page.Locator("h1")).ToHaveTextAsync(predicted);
            Assert.Empty(open.Complaints);
        }
    }

    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task Prototypes_are_edited_by_mouse_and_by_keyboard(int width, ColorScheme colours)
    {
        await using ServedBirds birds = await ServedBirds.Start();
        await birds.Ready();
        OpenPage open = await browser.VisitAsync(new(birds.Server.Address, "/prototypes"), width, 812, colours);
        IPage page = open.Page;
        ILocator shown = page.Locator(".card:visible"), effect = page.Locator("#effect");
        Assert.False(await open.ScrollsSidewaysAsync());
        await Expect(shown).ToHaveCountAsync(12);
        await page.Locator("#p1 [data-edit=strikeOut]").ClickAsync();
        await Expect(shown).ToHaveCountAsync(11);
        await Expect(effect).ToContainTextAsync("Painted Bunting #2 struck out");
        await Expect(page.Locator("#p2 [data-edit=strikeOut]")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("x");
        await Expect(shown).ToHaveCountAsync(10);
        await page.Keyboard.PressAsync("Control+z");
        await Expect(shown).ToHaveCountAsync(11);
        await page.Keyboard.PressAsync("Control+y");
        await Expect(shown).ToHaveCountAsync(10);

        await page.Locator("#p0 [data-edit=more]").ClickAsync();
        await page.FillAsync("#rename [name=words]", "blue <crown>");
        await open.PhotographAsync($"serve-dialog-{width}-{colours}");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#p0 h2")).ToHaveTextAsync("blue <crown> (Painted Bunting #1)");
        await page.Locator("#p0 [data-edit=more]").ClickAsync();
        await page.Locator("#merge button").ClickAsync();
        await Expect(shown).ToHaveCountAsync(9);
        await Expect(effect).ToContainTextAsync("merged into Painted Bunting #4");
        await open.PhotographAsync($"serve-prototypes-{width}-{colours}");
        Assert.False(await open.ScrollsSidewaysAsync());

        // The last of its class stays, and the page says why.
        await page.Locator("#p3 [data-edit=strikeOut]").ClickAsync();
        await Expect(page.Locator("#message")).ToContainTextAsync("would be left without prototypes");
        await Expect(shown).ToHaveCountAsync(9);
        Assert.Single(open.Complaints); // the browser's own note of the answer 409
        Assert.All(open.Requests, request => Assert.StartsWith(birds.Server.Address.AbsoluteUri, request, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_region_is_forbidden_by_drawing_it()
    {
        await using ServedBirds birds = await ServedBirds.Start();
        await birds.Ready();
        OpenPage open = await browser.VisitAsync(new(birds.Server.Address, "/prototypes"));
        await open.Page.Locator("#p8 [data-edit=more]").ClickAsync();
        ILocator frame = open.Page.Locator("#forbid .frame");
        await frame.ScrollIntoViewIfNeededAsync();
        LocatorBoundingBoxResult box = (await frame.BoundingBoxAsync())!;
        await open.Page.Mouse.MoveAsync(box.X + 1, box.Y + 1);
        await open.Page.Mouse.DownAsync();
        await open.Page.Mouse.MoveAsync(box.X + box.Width - 1, box.Y + box.Height - 1, new() { Steps = 4 });
        await open.Page.Mouse.UpAsync();
        await open.PhotographAsync("serve-forbid");
        await open.Page.Locator("#forbid button").ClickAsync();
        await Expect(open.Page.Locator("#effect")).ToContainTextAsync($"of {birds.Model.Prototypes[8].Source!.ImageId} forbidden");
        await Expect(open.Page.Locator("#p8")).ToBeHiddenAsync();
        Assert.Empty(open.Complaints);
    }
}
