using System.Text.Json;
using ProtoPNet.Cli.Verbs;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.Training;
using ProtoPNet.MLNet.Training.Pooled;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Cli;

public sealed class CompareVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_black_box_learns_many_classes_where_the_prototypes_do()
    {
        Assert.Same(PooledSchedule.ManyClasses, CompareVerb.FineTuningBeside(TrainingSchedule.ManyClasses));
        Assert.Same(PooledSchedule.FineTuned, CompareVerb.FineTuningBeside(TrainingSchedule.FrozenBackbone));
        Assert.Same(PooledSchedule.FineTuned, CompareVerb.FineTuningBeside(TrainingSchedule.Default));
    }

    [Fact]
    public async Task Both_models_are_trained_measured_and_shown_and_can_be_compared_again()
    {
        string data = _folder.In("birds"), novel = _folder.In("novel"), schedule = _folder.In("schedule.json"), output = _folder.In("out");
        ProceduralBirds.Write(data, new BirdOptions { Species = 2, TrainPerSpecies = 6, TestPerSpecies = 3, Size = 48 });
        ProceduralBirds.Write(novel, new BirdOptions { Species = 2, TrainPerSpecies = 2, TestPerSpecies = 1, Size = 48, Seed = 9 });
        await File.WriteAllTextAsync(schedule, (TrainingSchedule.Default with { Phases = [new WarmUp(1) { BatchSize = 8 }, new Projection(), new LastLayerFit()] })
            .ToJson(), TestContext.Current.CancellationToken);
        string[] common = ["compare", "--dataset", "birds", "--data", data, "--novel-dataset", "birds", "--novel-data", novel, "--photographs", "2"];
        ToolProcess first = await ToolProcess.Run(
            [.. common, "--image-size", "48", "--stages", "1", "--depth", "8", "--prototypes-per-class", "2", "--schedule", schedule, "--output", output]);
        Assert.True(first.ExitCode == 0, first.Errors);
        JsonElement[] models = [.. Json(output).EnumerateArray()];
        Assert.Equal(["ProtoPNet", "pooled"], models.Select(model => model.GetProperty("model").GetString()));
        foreach (JsonElement model in models)
        {
            Assert.InRange(model.GetProperty("accuracy").GetDouble(), 0, 1);
            Assert.Equal(6, model.GetProperty("confidence").GetProperty("byFamiliarity").GetProperty("novel").GetInt32());
            Assert.Equal(6, model.GetProperty("faithfulness").GetProperty("images").GetInt32());
            Assert.True(model.GetProperty("trainingSeconds").GetDouble() > 0);
        }
        Assert.Equal(JsonValueKind.Null, models[1].GetProperty("prototypes").ValueKind);
        string page = await File.ReadAllTextAsync(Path.Combine(output, "comparison.html"), TestContext.Current.CancellationToken);
        Assert.Equal(2, page.Split("<li class=\"compared\">").Length - 1);

        string again = _folder.In("again");
        ToolProcess second = await ToolProcess.Run([.. common, "--model", Path.Combine(output, "ProtoPNet.zip"), "--pooled", Path.Combine(output, "pooled.zip"),
            "--output", again]);
        Assert.True(second.ExitCode == 0, second.Errors);
        JsonElement[] taken = [.. Json(again).EnumerateArray()];
        for (int i = 0; i < 2; i++)
            foreach (string figure in new[] { "accuracy", "logLoss", "faithfulness", "confidence" })
                Assert.Equal(models[i].GetProperty(figure).ToString(), taken[i].GetProperty(figure).ToString());

        // As a comparison leaves the folder that is stopped while its last model is trained.
        File.Delete(Path.Combine(output, "comparison.html"));
        byte[] trained = await File.ReadAllBytesAsync(Path.Combine(output, "ProtoPNet.zip"), TestContext.Current.CancellationToken);
        ToolProcess stopped = await ToolProcess.Run([.. common, "--output", output]);
        Assert.Equal(1, stopped.ExitCode);
        Assert.Contains("ProtoPNet.zip' already exists. Add --model '", stopped.Errors, StringComparison.Ordinal);
        ToolProcess alsoStopped = await ToolProcess.Run([.. common, "--model", Path.Combine(output, "ProtoPNet.zip"), "--output", output]);
        Assert.Contains("pooled.zip' already exists. Add --pooled '", alsoStopped.Errors, StringComparison.Ordinal);
        Assert.Equal(trained, await File.ReadAllBytesAsync(Path.Combine(output, "ProtoPNet.zip"), TestContext.Current.CancellationToken));

        using (HeldFolder.Take(_folder.In("busy")))
        {
            ToolProcess another = await ToolProcess.Run([.. common, "--output", _folder.In("busy")]);
            Assert.Equal(1, another.ExitCode);
            Assert.Contains("Another run", another.Errors, StringComparison.Ordinal);
        }

        ToolProcess swapped = await ToolProcess.Run([.. common, "--model", Path.Combine(output, "pooled.zip"), "--output", _folder.In("swapped")]);
        Assert.NotEqual(0, swapped.ExitCode);
        Assert.Contains("--model takes a ProtoPNet", swapped.Errors, StringComparison.Ordinal);

        string[] black = ["--model", Path.Combine(output, "pooled.zip")], birds = ["--dataset", "birds", "--data", data];
        ToolProcess evaluated = await ToolProcess.Run(["evaluate", .. black, .. birds, "--json"]);
        Assert.True(evaluated.ExitCode == 0, evaluated.Errors);
        JsonElement figures = JsonDocument.Parse(evaluated.Output).RootElement;
        Assert.Equal(models[1].GetProperty("accuracy").GetDouble(), figures.GetProperty("accuracy").GetDouble());
        Assert.True(JsonElement.DeepEquals(
            models[1].GetProperty("confidence").GetProperty("calibration"), figures.GetProperty("confidence").GetProperty("calibration")));
        foreach (string[] verb in (string[][])[["inspect", .. birds], ["evaluate", .. birds, "--interpretability"]])
        {
            ToolProcess refused = await ToolProcess.Run([verb[0], .. black, .. verb[1..]]);
            Assert.Equal(1, refused.ExitCode);
            Assert.Contains("is a pooled classifier, which has no prototypes", refused.Errors, StringComparison.Ordinal);
        }
    }

    private static JsonElement Json(string folder) => JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "comparison.json"))).RootElement;
}
