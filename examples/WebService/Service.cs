using ProtoPNet.MLNet.Images;

namespace WebService;

/// <summary>The HTTP side: uploads in, JSON or a page out.</summary>
internal static class Service
{
    private const long LargestUpload = 20_000_000;

    public static WebApplication Create(Classifier classifier, string[] arguments)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(arguments);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = LargestUpload);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        WebApplication service = builder.Build();

        // Scoring is work for processors: more at once than there are would only take more memory.
        var free = new SemaphoreSlim(Environment.ProcessorCount);
        service.MapGet("/health", () => Results.Ok(new { status = "ready", classes = classifier.Classes }));
        service.MapPost("/predict", (HttpRequest request, int top = 3) => Answer(request, photograph => Results.Ok(classifier.Predict(photograph, top))));
        service.MapPost("/explain", (HttpRequest request) => Answer(request, photograph => Results.Content(classifier.Explain(photograph), "text/html; charset=utf-8")));
        return service;

        async Task<IResult> Answer(HttpRequest request, Func<byte[], IResult> answer)
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted);
            await free.WaitAsync(request.HttpContext.RequestAborted);
            try
            {
                return await Task.Run(() => answer(body.ToArray()));
            }
            catch (Exception e) when (e.GetBaseException() is UnreadableImageException unreadable)
            {
                return Results.Problem(unreadable.Message, statusCode: StatusCodes.Status400BadRequest);
            }
            finally
            {
                free.Release();
            }
        }
    }
}
