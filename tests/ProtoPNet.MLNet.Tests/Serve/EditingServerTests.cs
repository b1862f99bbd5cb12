using System.Net;
using System.Text.Json;
using Microsoft.ML;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Tests.Reports;
using ProtoPNet.Serve;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Serve;

/// <summary>The server over HTTP: editing a model.</summary>
public sealed class EditingServerTests
{
    private static string Bunting => $"{Birds.Classes[0]} #2";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_edit_is_answered_with_its_effect_and_can_be_undone_and_redone()
    {
        await using ServedBirds birds = await ServedBirds.Start();
        await birds.Ready();
        JsonElement start = await birds.GetJson("/edits");
        JsonElement effect = await birds.Edit(new { edit = "strikeOut", prototype = Bunting });
        Assert.Equal([$"{Bunting} struck out"], Texts(effect, "edits"));
        Assert.Equal((12, 11), (effect.GetProperty("before").GetProperty("prototypes").GetInt32(), effect.GetProperty("after").GetProperty("prototypes").GetInt32()));
        Assert.Equal(["training", "validation"], effect.GetProperty("sets").EnumerateArray().Select(set => set.GetProperty("set").GetString()!));
        Assert.Equal([15, 3], effect.GetProperty("sets").EnumerateArray().Select(set => set.GetProperty("photographs").GetInt32()));
        foreach (JsonElement set in effect.GetProperty("sets").EnumerateArray())
        {
            double[] after = [.. set.GetProperty("classes").EnumerateArray().Select(one => one.GetProperty("accuracyAfter").GetDouble())];
            Assert.Equal(after.Average(), set.GetProperty("accuracyAfter").GetDouble(), 1e-9);
            Assert.InRange(set.GetProperty("evidenceSizeAfter").GetDouble(), 1, 11);
        }
        Assert.DoesNotContain("id=\"p1\"", await birds.Get("/prototypes"), StringComparison.Ordinal);
        Assert.Contains("struck out", await birds.Get("/effect"), StringComparison.Ordinal);

        using HttpResponseMessage undone = await birds.Post("/edits/undo", "");
        JsonElement back = await ServedBirds.Json(undone);
        Assert.Equal([$"{Bunting} struck out"], Texts(back, "undone"));
        Assert.Equal(start.GetProperty("prototypes").GetRawText(), back.GetProperty("prototypes").GetRawText());
        Assert.Contains("id=\"p1\"", await birds.Get("/prototypes"), StringComparison.Ordinal);
        using HttpResponseMessage redone = await birds.Post("/edits/redo", "");
        Assert.Equal(effect.GetRawText(), (await ServedBirds.Json(redone)).GetRawText());
    }

    [Fact]
    public async Task Explanations_follow_the_edits_and_use_a_persons_words()
    {
        await using ServedBirds birds = await ServedBirds.Start();
        await birds.Ready();
        await birds.Edit(new { edit = "rename", prototype = Bunting, words = "blue <crown>" });
        JsonElement renamed = await Classified();
        Assert.Contains("blue <crown>", renamed.GetRawText().Replace("\\u003C", "<", StringComparison.Ordinal), StringComparison.Ordinal);
        using HttpResponseMessage upload = await birds.Upload(ServedBirds.Bird(0), "a.png");
        string page = await birds.Get(upload.Headers.Location! + "?class=0");
        Assert.Contains($"blue &lt;crown&gt; ({Bunting})", page, StringComparison.Ordinal);
        Assert.DoesNotContain("blue <crown>", page + await birds.Get("/prototypes") + await birds.Get("/effect"), StringComparison.Ordinal);

        await birds.Edit(new { edit = "strikeOut", prototype = Bunting });
        JsonElement struck = await Classified();
        Assert.DoesNotContain(Bunting, struck.GetRawText(), StringComparison.Ordinal);
        Assert.All(struck.GetProperty("evidence").EnumerateArray(), one
            => Assert.Equal(one.GetProperty("logit").GetDouble(), one.GetProperty("sum").GetDouble(), 1e-4));

        async Task<JsonElement> Classified()
        {
            using HttpResponseMessage answer = await birds.Client.PostAsync("/classify?class=0", new ByteArrayContent(ServedBirds.Bird(0)), Cancellation);
            return await ServedBirds.Json(answer);
        }
    }

    [Fact]
    public async Task A_saved_model_is_the_edited_one_and_records_who_made_which_edits()
    {
        await using ServedBirds birds = await ServedBirds.Start();
        await birds.Ready();
        using HttpResponseMessage nothing = await birds.Post("/model", "by=Ada", "application/x-www-form-urlencoded");
        Assert.Equal(HttpStatusCode.Conflict, nothing.StatusCode);
        string image = birds.Model.Prototypes[8].Source!.ImageId;
        await birds.Edit(new { edit = "strikeOut", prototype = Bunting });
        await birds.Edit(new { edit = "rename", prototype = $"{Birds.Classes[0]} #1", words = "belly" });
        await birds.Edit(new { edit = "merge", prototype = $"{Birds.Classes[1]} #2", into = $"{Birds.Classes[1]} #1" });
        JsonElement effect = await birds.Edit(new { edit = "forbid", imageId = image, region = new { top = 0, bottom = 96, left = 0, right = 96 } });

        using HttpResponseMessage saved = await birds.Post("/model", "by=Ada+L.", "application/x-www-form-urlencoded");
        Assert.Equal(HttpStatusCode.OK, saved.StatusCode);
        Assert.Equal("attachment", saved.Content.Headers.ContentDisposition!.DispositionType);
        using MemoryStream file = new(await saved.Content.ReadAsByteArrayAsync(Cancellation));
        using var model = (ProtoPNetTransformer)new MLContext().Model.Load(file, out _);
        Assert.Equal(
            effect.GetProperty("prototypes").EnumerateArray().Select(one => one.GetProperty("name").GetString()), model.Prototypes.Select(one => one.Name));
        Assert.Equal("belly", model.Prototypes[0].Words);
        ModelRevision revision = Assert.Single(model.Inside().Revisions);
        Assert.Equal("Ada L.", revision.By);
        Assert.InRange(revision.When, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow);
        Assert.Equal(ModelEditsJson.Read(await birds.Get("/edits.json")).Edits, revision.Edits);

        // The edits as a file come to the same weights, bit for bit.
        (TrainedProtoPNet pruned, _) = MLNet.Pruning.Pruner.Edit(
            birds.Model, revision, new() { Views = 2 }, ServedBirds.Photographs, [], Cancellation);
        using (pruned) Assert.Equal(pruned.LastLayerWeights.Cast<float>(), model.Inside().LastLayerWeights.Cast<float>());
    }

    [Theory]
    [InlineData(HttpStatusCode.Conflict, """{"edit":"strikeOut","prototype":"Nobody #1"}""")]
    [InlineData(HttpStatusCode.Conflict, """{"edit":"merge","prototype":"Painted Bunting #1","into":"Ruby-throated Hummingbird #1"}""")]
    [InlineData(HttpStatusCode.Conflict, """{"edit":"forbid","imageId":"train/0.png","region":{"top":0,"bottom":97,"left":0,"right":96}}""")]
    [InlineData(HttpStatusCode.BadRequest, """{"edit":"forbid","imageId":"train/0.png","region":{"top":5,"bottom":5,"left":0,"right":96}}""")]
    [InlineData(HttpStatusCode.BadRequest, """{"edit":"rename","prototype":"Painted Bunting #1","words":"a\nb"}""")]
    [InlineData(HttpStatusCode.BadRequest, """{"edit":"explode","prototype":"Painted Bunting #1"}""")]
    [InlineData(HttpStatusCode.BadRequest, "")]
    [InlineData(HttpStatusCode.BadRequest, "[")]
    [InlineData(HttpStatusCode.BadRequest, "null")]
    public async Task An_edit_that_does_not_fit_changes_nothing_and_says_why(HttpStatusCode status, string edit)
    {
        await using ServedBirds birds = await ServedBirds.Start();
        await birds.Ready();
        string before = await birds.Get("/edits");
        using HttpResponseMessage answer = await birds.Post("/edits", edit);
        Assert.Equal(status, answer.StatusCode);
        Assert.NotEqual("", (await ServedBirds.Json(answer)).GetProperty("error").GetString());
        Assert.Equal(before, await birds.Get("/edits"));
        Assert.Empty(birds.Notes);
    }

    [Fact]
    public async Task The_first_page_does_not_wait_for_the_photographs_and_edits_say_that_they_do()
    {
        using ManualResetEventSlim found = new();
        await using ServedBirds birds = await ServedBirds.Start(photographs: _ =>
        {
            found.Wait(Cancellation);
            return new(ServedBirds.Photographs, [], []);
        });
        Assert.Contains("<h1>", await birds.Get("/"), StringComparison.Ordinal);
        Assert.Contains("id=\"p11\"", await birds.Get("/prototypes"), StringComparison.Ordinal);
        using HttpResponseMessage answer = await birds.Post("/edits", $$"""{"edit":"strikeOut","prototype":"{{Bunting}}"}""");
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Equal("measuring", (await birds.GetJson("/edits")).GetProperty("state").GetString());
        found.Set();
        await birds.Ready();
        Assert.Contains("Nearest in training", await birds.Get("/prototypes"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Test_photographs_are_measured_only_if_asked_for_and_own_validation_photographs_hold_out_nothing()
    {
        await using ServedBirds birds = await ServedBirds.Start(photographs: _ => new(
            ServedBirds.Photographs, [.. ServedBirds.Photographs.Take(6)], [.. ServedBirds.Photographs.Skip(6)]));
        await birds.Ready();
        JsonElement[] sets = [.. (await birds.GetJson("/edits")).GetProperty("sets").EnumerateArray()];
        Assert.Equal(
            [("training", 18), ("validation", 6), ("test", 12)],
            sets.Select(set => (set.GetProperty("set").GetString()!, set.GetProperty("photographs").GetInt32())));
        LocalExplanation expected = birds.Model.Explain(Birds.Paint(2));
        Assert.Contains($"<h1>{WebUtility.HtmlEncode(expected.Predicted.Name)}</h1>", await birds.Get("/sets/1/2"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Photographs_that_cannot_be_measured_end_no_server()
    {
        await using ServedBirds birds = await ServedBirds.Start(photographs: _ => new([ServedBirds.Photographs[0]], [], []));
        for (int i = 0; birds.Server.State is WorkbenchState.Measuring && i < 600; i++) await Task.Delay(50, Cancellation);
        Assert.Contains("no training photograph of", Assert.IsType<WorkbenchState.Failed>(birds.Server.State).Reason, StringComparison.Ordinal);
        Assert.Contains("could not be measured", await birds.Get("/prototypes"), StringComparison.Ordinal);
        Assert.Single(birds.Notes);
        using HttpResponseMessage answer = await birds.Classify(ServedBirds.Bird(0));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Pictures_of_prototypes_are_pictures()
    {
        await using ServedBirds birds = await ServedBirds.Start(editable: false);
        foreach (string address in new[] { "/prototypes/0/part", "/prototypes/11/photograph" })
        {
            using HttpResponseMessage answer = await birds.Client.GetAsync(address, Cancellation);
            Assert.Equal("image/jpeg", answer.Content.Headers.ContentType!.MediaType);
            Assert.NotNull(MLNet.Images.ImageCodec.Decode(await answer.Content.ReadAsByteArrayAsync(Cancellation)));
        }
    }

    private static IEnumerable<string> Texts(JsonElement json, string member) => json.GetProperty(member).EnumerateArray().Select(one => one.GetString()!);
}
