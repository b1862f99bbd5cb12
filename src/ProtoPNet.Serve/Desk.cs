using System.Globalization;
using System.Net.Mime;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Reports;

namespace ProtoPNet.Serve;

/// <summary>Answers requests: what is asked at which address.</summary>
internal sealed class Desk : IDisposable
{
    private const int LatestShown = 12;

    private readonly ServedModel _served;
    private readonly ServerOptions _options;
    private readonly Guard _guard;
    private readonly Turns _network;
    private readonly Uploads _uploads;
    private readonly KeptPhotographs _kept;
    private readonly ServedPages _pages;
    private readonly DecodingLimits _decoding;

    public Desk(ServedModel served, ServerOptions options)
    {
        (_served, _options) = (served, options);
        (_guard, _network, _uploads, _kept) = (new(options), new(options.Limits.Waiting), new(options.Limits), new(options.Limits));
        (_pages, _decoding) = (new(served), new(options.Limits.Pixels, options.Limits.Scans));
        Workbench = new(served, options);
    }

    /// <summary>The model as it is edited.</summary>
    public Workbench Workbench { get; }

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", context => Html(context, _pages.Start(_kept.Latest(LatestShown))));
        routes.MapPost("/photographs", Explain);
        routes.MapGet(
            "/photographs/{id}", context => OfPhotograph(context, (kept, report) => ServedPages.Explained(report, kept, _kept.Latest(LatestShown))));
        routes.MapGet("/photographs/{id}/page", context => OfPhotograph(context, (_, report) => report.Html()));
        routes.MapGet("/photographs/{id}/small", Small);
        routes.MapGet("/sets/{set}/{photograph}", OfSet);
        routes.MapGet("/prototypes", context => Html(context, ServedPages.Gallery(Workbench.Prototypes(), Workbench.State)));
        routes.MapGet("/prototypes/{prototype}/part", context => Picture(context, source => source.Picture, Pictures.Part));
        routes.MapGet("/prototypes/{prototype}/photograph", context => Picture(context, source => source.Thumbnail, 2 * Pictures.Context));
        routes.MapGet("/effect", context => Html(context, EffectMarkup.Of(Workbench.State).ToString()));
        routes.MapGet("/weights", context => Html(context, Markup.Of($"{Workbench.Prototypes().Entries.Select(GalleryPage.Weights)}").ToString()));
        routes.MapGet("/edits", context => Json(context, ServeJson.Write(EffectJson.Of(Workbench.State))));
        routes.MapGet("/edits.json", EditsFile);
        routes.MapPost("/edits", Edit);
        routes.MapPost("/edits/undo", context => Changed(context, Workbench.Undo));
        routes.MapPost("/edits/redo", context => Changed(context, Workbench.Redo));
        routes.MapGet("/model", context => Json(context, ServeJson.Write(ModelJson.Of(_served, Workbench.Model, Workbench.Head))));
        routes.MapPost("/model", Save);
        routes.MapPost("/classify", Classify);
        routes.MapGet("/healthz", context => Json(context, ServeJson.Write(new HealthJson("ok", _network.Here, Workbench.State.Name))));
        routes.MapGet("/openapi.json", context => Json(context, OpenApi.Document));
    }

    /// <summary>Answers a request, or says why not.</summary>
    public async Task Answer(HttpContext context, RequestDelegate next)
    {
        Guard.Protect(context.Response.Headers);
        if (_guard.Refusal(context.Request) is { } refusal)
        {
            await Problem(context, StatusCodes.Status403Forbidden, refusal);
            return;
        }
        try
        {
            await next(context);
            if (context.Response is { HasStarted: false, StatusCode: 404 or 405, ContentLength: null })
                await Problem(context, context.Response.StatusCode, "There is nothing at this address.");
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            (int status, string message) = Described(e, context);
            if (status == StatusCodes.Status503ServiceUnavailable) context.Response.Headers.RetryAfter = "1";
            if (!context.RequestAborted.IsCancellationRequested) await Problem(context, status, message);
        }
    }

    public void Dispose()
    {
        Workbench.Dispose();
        _network.Dispose();
    }

    private (int Status, string Message) Described(Exception exception, HttpContext context)
    {
        switch (exception)
        {
            case BadHttpRequestException bad: return (bad.StatusCode, bad.Message);
            case UnreadableImageException: return (StatusCodes.Status422UnprocessableEntity, exception.Message);
            case BusyException: return (StatusCodes.Status503ServiceUnavailable, $"{exception.Message} Please try again in a moment.");
            case FormatException or InvalidDataException: return (StatusCodes.Status400BadRequest, exception.Message);
            case ArgumentException or InvalidOperationException when exception.TargetSite?.DeclaringType?.Assembly.GetName().Name
                is "ProtoPNet.Serve" or "ProtoPNet.MLNet":
                return (StatusCodes.Status409Conflict, exception.Message);
            case OperationCanceledException: return (StatusCodes.Status503ServiceUnavailable, "It took too long. Please try again in a moment.");
            case IOException when context.RequestAborted.IsCancellationRequested: return (StatusCodes.Status400BadRequest, "It was cut off.");
            default:
                _options.Note($"A request to {context.Request.Path} failed: {exception}");
                return (StatusCodes.Status500InternalServerError, "The server failed; its operator finds the reason in its output.");
        }
    }

    private Task Explain(HttpContext context) => _uploads.Use(context.Request, async files =>
    {
        KeptPhotograph[] kept = await Work(
            context, _ => files.Select(file => KeptPhotograph.Of(file, PhotographFile.Decode(file.Bytes, _decoding))).ToArray());
        foreach (KeptPhotograph photograph in kept.Reverse()) _kept.Add(photograph);
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = $"/photographs/{kept[0].Id}";
        return kept.Length;
    });

    private async Task OfPhotograph(HttpContext context, Func<KeptPhotograph, LocalReport, string> page)
    {
        if (_kept.Find(Value(context, "id")) is not { } kept)
        {
            await Problem(context, StatusCodes.Status404NotFound, "This photograph is not here any more. Give it again.");
            return;
        }
        LocalReportOptions options = Options(context);
        await Html(context, await Work(context, _ =>
        {
            RgbImage photograph = PhotographFile.Decode(kept.Bytes, _decoding);
            return page(kept, Workbench.Model.Report(Workbench.Head, photograph, kept.Name, options));
        }));
    }

    private async Task OfSet(HttpContext context)
    {
        if (Workbench.State is not WorkbenchState.Ready ready || Number(context, "set", ready.Bench.Sets.Count) is not { } set
            || Number(context, "photograph", ready.Bench.Sets[set].Count) is not { } place)
        {
            await Problem(context, StatusCodes.Status404NotFound, "There is no such photograph.");
            return;
        }
        AnalysedImage image = ready.Bench.Sets[set][place];
        LocalReportOptions options = Options(context);
        await Html(context, await Work(context, _
            => ServedPages.Explained(Workbench.Model.Report(Workbench.Head, image.Load(), image.Id, options), $"/sets/{set}/{place}")));
    }

    private Task Small(HttpContext context) => _kept.Find(Value(context, "id")) is { } kept
        ? Jpeg(context, kept.Thumbnail)
        : Problem(context, StatusCodes.Status404NotFound, "This photograph is not here any more.");

    /// <summary>Pictures of a model file are encoded again: whatever bytes it holds, a browser gets a picture.</summary>
    private Task Picture(HttpContext context, Func<PrototypeSource, ReadOnlyMemory<byte>> which, int longerSide)
        => Number(context, "prototype", Workbench.Model.Prototypes.Count) is { } index && Workbench.Model.Prototypes[index].Source is { } source
            && Pictures.Decoded(which(source)) is { } picture
            ? Jpeg(context, ImageCodec.EncodeJpeg(Pictures.Shrink(picture, longerSide), 80))
            : Problem(context, StatusCodes.Status404NotFound, "There is no such picture.");

    private Task Classify(HttpContext context) => _uploads.Use(context.Request, async files =>
    {
        LocalReportOptions options = Options(context);
        if (files.Count > 1) throw new BadHttpRequestException("One photograph at a time.");
        await Json(context, await Work(context, _ =>
        {
            RgbImage photograph = PhotographFile.Decode(files[0].Bytes, _decoding);
            LocalExplanation explanation = Workbench.Model.Explain(InputBatches.Render(photograph, Workbench.Model.Architecture), Workbench.Head);
            return new LocalReport(explanation, photograph, files[0].Name, options) { Backbone = Workbench.Model.Architecture.Backbone }.Json();
        }));
        return files.Count;
    });

    private Task Edit(HttpContext context) => _uploads.Text(context.Request, async text =>
    {
        ModelEdit edit = ModelEditsJson.ReadOne(text);
        await Changed(context, cancellation => Workbench.Edit(edit, cancellation));
        return edit;
    });

    private async Task Changed(HttpContext context, Func<CancellationToken, Task<WorkbenchState.Ready>> change)
    {
        using CancellationTokenSource patience = Patience(context);
        await Json(context, ServeJson.Write(EffectJson.Of(await change(patience.Token))));
    }

    private Task EditsFile(HttpContext context)
    {
        IReadOnlyList<ModelEdit> edits = Workbench.State is WorkbenchState.Ready ready ? ready.History.Current.Edits : [];
        Attach(context, "edits.json");
        return Json(context, ModelEditsJson.Write(new(edits)));
    }

    private Task Save(HttpContext context) => _uploads.Text(context.Request, async text =>
    {
        string by = new Microsoft.AspNetCore.WebUtilities.FormReader(text).ReadForm().GetValueOrDefault("by").ToString().Trim();
        byte[] file = await Workbench.Save(by, context.RequestAborted);
        Attach(context, $"{_served.Name}-edited.zip");
        context.Response.ContentType = MediaTypeNames.Application.Zip;
        context.Response.ContentLength = file.Length;
        await context.Response.Body.WriteAsync(file, context.RequestAborted);
        return file.Length;
    });

    private async Task<T> Work<T>(HttpContext context, Func<CancellationToken, T> work)
    {
        using CancellationTokenSource patience = Patience(context);
        return await _network.Take(work, patience.Token);
    }

    private CancellationTokenSource Patience(HttpContext context)
    {
        CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(_options.Limits.Patience);
        return patience;
    }

    /// <summary>The classes asked for: <c>?class=3</c>, perhaps several times.</summary>
    private LocalReportOptions Options(HttpContext context)
    {
        int classes = Workbench.Model.ClassNames.Count;
        return new()
        {
            AlsoClasses = [.. context.Request.Query["class"].Take(classes).Select(text => Parsed(text, classes)
                ?? throw new BadHttpRequestException($"Classes are numbered 0 to {classes - 1}."))],
        };
    }

    private static string Value(HttpContext context, string name) => (string)context.Request.RouteValues[name]!;

    private static int? Number(HttpContext context, string name, int below) => Parsed(Value(context, name), below);

    private static int? Parsed(string? text, int below)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < below ? number : null;

    /// <summary>Says what went wrong, to a browser as a page.</summary>
    private Task Problem(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        bool browser = context.Request.Headers.Accept.ToString().Contains(MediaTypeNames.Text.Html, StringComparison.OrdinalIgnoreCase);
        return browser ? Html(context, _pages.Problem(message)) : Json(context, ServeJson.Write(new ErrorJson(message)));
    }

    private static Task Html(HttpContext context, string page) => Write(context, "text/html; charset=utf-8", page);

    private static Task Json(HttpContext context, string json) => Write(context, "application/json; charset=utf-8", json);

    private static Task Jpeg(HttpContext context, ReadOnlyMemory<byte> picture)
    {
        context.Response.ContentType = MediaTypeNames.Image.Jpeg;
        context.Response.ContentLength = picture.Length;
        context.Response.Headers.CacheControl = "private, max-age=3600";
        return context.Response.Body.WriteAsync(picture, context.RequestAborted).AsTask();
    }

    private static async Task Write(HttpContext context, string type, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        context.Response.ContentType = type;
        context.Response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method)) await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    private static void Attach(HttpContext context, string name)
    {
        ContentDispositionHeaderValue disposition = new("attachment");
        disposition.SetHttpFileName(name);
        context.Response.Headers.ContentDisposition = disposition.ToString();
    }
}
