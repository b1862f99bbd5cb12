using System.Net;
using System.Text.Json;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Tests.Reports;
using ProtoPNet.Serve;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Serve;

/// <summary>The server over HTTP: classifying.</summary>
public sealed class ServerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_photograph_is_classified_as_by_the_library_however_it_is_sent()
    {
        await using ServedBirds birds = await ServedBirds.Start(editable: false);
        LocalExplanation expected = birds.Model.Explain(Birds.Paint(7));
        using HttpResponseMessage raw = await birds.Classify(ServedBirds.Bird(7));
        using HttpResponseMessage form = await birds.Client.PostAsync("/classify?class=1", ServedBirds.Multipart(ServedBirds.Bird(7), "a.png"), Cancellation);
        foreach (HttpResponseMessage answer in new[] { raw, form })
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            JsonElement json = await ServedBirds.Json(answer);
            Assert.Equal(expected.Predicted.Name, json.GetProperty("predicted").GetString());
            Assert.Equal(
                expected.Ranking.Select(score => (double)score.Logit),
                json.GetProperty("classes").EnumerateArray().Select(score => score.GetProperty("logit").GetDouble()), Close);
            foreach (JsonElement evidence in json.GetProperty("evidence").EnumerateArray())
                Assert.Equal(evidence.GetProperty("logit").GetDouble(), evidence.GetProperty("sum").GetDouble(), 1e-4);
        }
        Assert.Contains(1, (await ServedBirds.Json(form)).GetProperty("evidence").EnumerateArray().Select(one => one.GetProperty("classIndex").GetInt32()));
    }

    [Fact]
    public async Task Health_and_model_tell_what_is_served()
    {
        await using ServedBirds birds = await ServedBirds.Start(editable: false);
        JsonElement health = await birds.GetJson("/healthz"), model = await birds.GetJson("/model");
        Assert.Equal(("ok", 0, "without photographs"), (
            health.GetProperty("status").GetString(), health.GetProperty("waiting").GetInt32(), health.GetProperty("editing").GetString()));
        Assert.Equal(Birds.Classes, model.GetProperty("classes").EnumerateArray().Select(one => one.GetString()!));
        Assert.Equal(12, model.GetProperty("prototypes").GetArrayLength());
    }

    [Fact]
    public async Task An_upload_has_a_link_that_explains_it_and_any_class()
    {
        await using ServedBirds birds = await ServedBirds.Start(editable: false);
        using HttpResponseMessage sent = await birds.Upload(ServedBirds.Bird(3), "C:\\photographs\\bird <b>.png"), again = await birds.Upload(ServedBirds.Bird(3), "b.png");
        Assert.Equal(HttpStatusCode.SeeOther, sent.StatusCode);
        string link = sent.Headers.Location!.ToString();
        Assert.Equal(link, again.Headers.Location!.ToString());
        using HttpResponseMessage other = await birds.Upload(ServedBirds.Bird(4), "C:\\photographs\\bird <b>.png");
        Assert.NotEqual(link, other.Headers.Location!.ToString());

        string page = await birds.Get(other.Headers.Location!.ToString());
        Assert.Contains("bird &lt;b&gt;.png", page, StringComparison.Ordinal);
        Assert.DoesNotContain("bird <b>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("photographs\\", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>alert", page, StringComparison.Ordinal);
        Assert.Contains("href=\"/photographs/", page, StringComparison.Ordinal);
        LocalExplanation explained = birds.Model.Explain(Birds.Paint(3));
        string asked = await birds.Get($"{link}?class={explained.Ranking[^1].Index}");
        Assert.Contains($"data-class=\"{explained.Ranking[^1].Index}\"", asked, StringComparison.Ordinal);
        using HttpResponseMessage wrong = await birds.Client.GetAsync(link + "?class=3", Cancellation), absent = await birds.Client.GetAsync(
            "/photographs/" + new string('0', 32), Cancellation);
        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.NotFound), (wrong.StatusCode, absent.StatusCode));
        byte[] small = await birds.Client.GetByteArrayAsync(link + "/small", Cancellation);
        Assert.InRange(ImageCodec.Decode(small).Width, 1, 128);
    }

    [Fact]
    public async Task Several_photographs_come_in_one_request_and_the_oldest_links_go_first()
    {
        await using ServedBirds birds = await ServedBirds.Start(new() { KeptPhotographs = 2 }, editable: false);
        using MultipartFormDataContent three = new();
        for (int i = 0; i < 3; i++) three.Add(new ByteArrayContent(ServedBirds.Bird(i)), "photograph", $"{i}.png");
        using HttpResponseMessage sent = await birds.Client.PostAsync("/photographs", three, Cancellation);
        Assert.Equal(HttpStatusCode.SeeOther, sent.StatusCode);
        string page = await birds.Get(sent.Headers.Location!.ToString());
        Assert.Contains("alt=\"0.png\"", page, StringComparison.Ordinal);
        Assert.Contains("alt=\"1.png\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("alt=\"2.png\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parallel_uploads_get_their_own_answers()
    {
        await using ServedBirds birds = await ServedBirds.Start(editable: false);
        byte[][] photographs = [.. Enumerable.Range(0, 8).Select(ServedBirds.Bird)];
        double[] expected = [.. Enumerable.Range(0, 8).Select(i => (double)birds.Model.Explain(Birds.Paint(i)).Predicted.Logit)];
        double[] answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(async i =>
        {
            using HttpResponseMessage answer = await birds.Classify(photographs[i % 8]);
            return (await ServedBirds.Json(answer)).GetProperty("classes")[0].GetProperty("logit").GetDouble();
        }));
        Assert.Equal(Enumerable.Range(0, 64).Select(i => expected[i % 8]), answers, Close);
    }

    [Fact]
    public async Task Too_many_requests_are_asked_to_come_again()
    {
        using Turns turns = new(waiting: 2);
        using ManualResetEventSlim release = new();
        Task<int> first = turns.Take(_ => { release.Wait(Cancellation); return 1; }, Cancellation), second = turns.Take(_ => 2, Cancellation);
        await Assert.ThrowsAsync<BusyException>(() => turns.Take(_ => 3, Cancellation));
        Assert.Equal(2, turns.Here);
        release.Set();
        Assert.Equal((1, 2), (await first, await second));
        Assert.Equal(4, await turns.Take(_ => 4, Cancellation));

        await using ServedBirds birds = await ServedBirds.Start(new() { AllUploadBytes = 1000 }, editable: false);
        using HttpResponseMessage answer = await birds.Classify(ServedBirds.Bird(0));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter!.Delta);
    }

    [Fact]
    public async Task Whoever_gives_up_leaves_the_queue()
    {
        using Turns turns = new(waiting: 2);
        using ManualResetEventSlim release = new();
        using CancellationTokenSource impatient = new();
        Task<int> first = turns.Take(_ => { release.Wait(Cancellation); return 1; }, Cancellation), second = turns.Take(_ => 2, impatient.Token);
        impatient.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal(1, turns.Here);
        release.Set();
        Assert.Equal(1, await first);
    }

    [Fact]
    public async Task The_description_of_the_interface_is_true()
    {
        await using ServedBirds birds = await ServedBirds.Start(editable: false);
        JsonElement document = await birds.GetJson("/openapi.json");
        Assert.StartsWith("3.1", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        foreach (JsonProperty path in document.GetProperty("paths").EnumerateObject())
        {
            Assert.Contains(path.Name, birds.Server.Routes);
            foreach (JsonProperty method in path.Value.EnumerateObject())
            {
                using HttpRequestMessage request = new(new(method.Name.ToUpperInvariant()), path.Name);
                using HttpResponseMessage answer = await birds.Client.SendAsync(request, Cancellation);
                Assert.True(
                    method.Value.GetProperty("responses").TryGetProperty($"{(int)answer.StatusCode}", out _), $"{method.Name} {path.Name}: {answer.StatusCode}");
            }
        }
        JsonElement schemas = document.GetProperty("components").GetProperty("schemas");
        Same(schemas.GetProperty("Health"), await birds.GetJson("/healthz"));
        Same(schemas.GetProperty("Model"), await birds.GetJson("/model"));
        Same(schemas.GetProperty("Effect"), await birds.GetJson("/edits"));

        static void Same(JsonElement schema, JsonElement answer) => Assert.Equal(
            schema.GetProperty("properties").EnumerateObject().Select(one => one.Name).Order(),
            answer.EnumerateObject().Select(one => one.Name).Order());
    }

    private static bool Close(double a, double b) => Math.Abs(a - b) < 1e-4;
}
