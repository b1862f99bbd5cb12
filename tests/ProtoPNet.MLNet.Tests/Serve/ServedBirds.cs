using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.ML;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Tests.Reports;
using ProtoPNet.Serve;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Serve;

/// <summary>A server of painted birds on a free port, and a client of it.</summary>
internal sealed class ServedBirds : IAsyncDisposable
{
    private static readonly Lazy<ProtoPNetTransformer> s_network = new(()
        => new(Birds.Trusted(Birds.Model()), ClassLabels.Parse("String", [.. Birds.Classes]), new(), 4));

    private ServedBirds(ProtoPNetServer server)
    {
        Server = server;
        Client = new(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = server.Address };
    }

    public ProtoPNetServer Server { get; }

    public HttpClient Client { get; }

    public TrainedProtoPNet Model => s_network.Value.Inside();

    /// <summary>The errors of the server itself.</summary>
    public List<string> Notes { get; private init; } = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>More photographs than <see cref="Birds.Photographs"/>, so that some of each class are held out.</summary>
    public static IReadOnlyList<AnalysedImage> Photographs { get; } =
        [.. Enumerable.Range(0, 18).Select(i => new AnalysedImage($"train/{i}.png", i % Birds.Classes.Count, () => Birds.Paint(i)))];

    public static async Task<ServedBirds> Start(
        ServerLimits? limits = null, Func<CancellationToken, ServedPhotographs>? photographs = null, bool editable = true)
    {
        List<string> notes = [];
        MLContext ml = new(seed: 1);
        DataViewSchema schema = ml.Data.LoadFromEnumerable(SmallModel.Photos(1)).Schema;
        ServedModel served = new("birds <i>", s_network.Value, (model, stream) => ml.Model.Save(model, schema, stream))
        {
            Photographs = editable ? photographs ?? (_ => new(Photographs, [], [])) : null,
            Views = 2,
        };
        ProtoPNetServer server = await ProtoPNetServer.Start(served, new() { Limits = limits ?? new(), Note = notes.Add }, Cancellation);
        return new(server) { Notes = notes };
    }

    public static byte[] Bird(int number) => ImageCodec.EncodePng(Birds.Paint(number));

    public async Task Ready()
    {
        for (int i = 0; Server.State is WorkbenchState.Measuring && i < 1200; i++) await Task.Delay(50, Cancellation);
        Assert.IsType<WorkbenchState.Ready>(Server.State);
    }

    public Task<HttpResponseMessage> Classify(byte[] bytes)
        => Client.PostAsync("/classify", new ByteArrayContent(bytes), Cancellation);

    public Task<HttpResponseMessage> Upload(byte[] bytes, string name)
        => Client.PostAsync("/photographs", Multipart(bytes, name), Cancellation);

    public static MultipartFormDataContent Multipart(byte[] bytes, string name)
    {
        ByteArrayContent file = new(bytes);
        // Quoted and nothing else: a hostile sender does not ask .NET what a name may be.
        file.Headers.TryAddWithoutValidation("Content-Disposition", $"form-data; name=\"photograph\"; filename=\"{name}\"");
        return new MultipartFormDataContent { file };
    }

    public async Task<JsonElement> Edit(object edit)
    {
        using HttpResponseMessage answer = await Client.PostAsync("/edits", JsonContent.Create(edit), Cancellation);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
        return await Json(answer);
    }

    public Task<HttpResponseMessage> Post(string address, string body, string type = "application/json")
        => Client.PostAsync(address, new StringContent(body, Encoding.UTF8, MediaTypeHeaderValue.Parse(type)), Cancellation);

    public Task<string> Get(string address) => Client.GetStringAsync(address, Cancellation);

    public async Task<JsonElement> GetJson(string address) => JsonDocument.Parse(await Get(address)).RootElement;

    public static async Task<JsonElement> Json(HttpResponseMessage answer)
        => JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(Cancellation)).RootElement;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
    }
}
