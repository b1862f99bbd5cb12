using System.Text.Json;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Cli;

/// <summary>The tool measures explanations: at the end of training, and of saved models.</summary>
public sealed class ExplanationMeasureTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Training_on_photographs_with_parts_ends_with_the_measures_that_evaluate_finds_again_and_explain_shows()
    {
        string data = _folder.In("birds"), schedule = _folder.In("schedule.json"), output = _folder.In("out"), model = _folder.In("out", "model.zip");
        ProceduralBirds.Write(data, new BirdOptions { Species = 2, TrainPerSpecies = 6, TestPerSpecies = 4, Size = 48 });
        await File.WriteAllTextAsync(schedule, (TrainingSchedule.Default with { Phases = [new WarmUp(1) { BatchSize = 8 }, new Projection()] }).ToJson(),
            TestContext.Current.CancellationToken);
        ToolProcess train = await ToolProcess.Run(
            "train", "--dataset", "birds", "--data", data, "--image-size", "48", "--stages", "1", "--depth", "8", "--prototypes-per-class", "2",
            "--schedule", schedule, "--output", output);
        Assert.True(train.ExitCode == 0, train.Errors);
        Assert.Contains("explanations: consistency", train.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(_folder.In("out", "interpretability.html")));
        JsonElement metrics = Json(await File.ReadAllTextAsync(_folder.In("out", "metrics.json"), TestContext.Current.CancellationToken));
        JsonElement atEnd = metrics.GetProperty("explanations");
        Assert.Equal(4, atEnd.GetProperty("perPrototype").GetArrayLength());

        ToolProcess evaluate = await ToolProcess.Run(
            "evaluate", "--model", model, "--dataset", "birds", "--data", data, "--interpretability", "--json", "--output", _folder.In("page"));
        Assert.True(evaluate.ExitCode == 0, evaluate.Errors);
        JsonElement evaluation = Json(evaluate.Output), found = evaluation.GetProperty("interpretability");
        Assert.True(File.Exists(_folder.In("page", "interpretability.html")) && File.Exists(_folder.In("page", "confidence.html")));
        Assert.Equal(15, evaluation.GetProperty("confidence").GetProperty("calibration").GetProperty("bins").GetArrayLength());
        // Eight photographs are few enough to change all of them at both places.
        foreach (string name in new[] { "perPrototype", "consistency", "stability", "noPart", "evidenceSize", "deletion", "perturbedPhotographs", "onObject" })
            Assert.Equal(atEnd.GetProperty(name).ToString(), found.GetProperty(name).ToString());
        Assert.Equal(metrics.GetProperty("accuracy").GetProperty("final").GetDouble(), evaluation.GetProperty("accuracy").GetDouble(), 1e-9);
        Assert.InRange(found.GetProperty("onObject").GetDouble(), 0.01, 1); // whole photographs, whose birds are known

        // Photographs of a class that the model does not know are left out, of the explanations as of the accuracy.
        using (TemporaryFolder wider = new())
        {
            ProceduralBirds.Write(wider.In("birds"), new BirdOptions { Species = 3, TrainPerSpecies = 6, TestPerSpecies = 4, Size = 48 });
            ToolProcess partly = await ToolProcess.Run(
                "evaluate", "--model", model, "--dataset", "birds", "--data", wider.In("birds"), "--interpretability", "--json");
            Assert.True(partly.ExitCode == 0, partly.Errors);
            Assert.Contains("4 of 12 photographs are not measured", partly.Errors, StringComparison.Ordinal);
            JsonElement known = Json(partly.Output);
            Assert.Equal(8, known.GetProperty("images").GetInt32());
            foreach (string name in new[] { "evidenceSize", "onObject", "classPurity", "partPurity" })
                Assert.Equal(found.GetProperty(name).ToString(), known.GetProperty("interpretability").GetProperty(name).ToString());
        }

        string bird = Directory.EnumerateFiles(data, "*.jpg", SearchOption.AllDirectories).First();
        ToolProcess explain = await ToolProcess.Run("explain", "--model", model, "--image", bird, "--output", _folder.In("page"));
        Assert.True(explain.ExitCode == 0, explain.Errors);
        string page = await File.ReadAllTextAsync(_folder.In("page", Path.GetFileNameWithoutExtension(bird) + ".html"), TestContext.Current.CancellationToken);
        Assert.Contains("class=\"trust\"", page, StringComparison.Ordinal);
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
