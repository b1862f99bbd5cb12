using System.Text.Json;
using Microsoft.ML;
using ProtoPNet.Cli;
using ProtoPNet.Cli.Measures;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Cli;

/// <summary>A bad file does not end a run: every verb finishes, names each bad file once, and reports them in its exit code.</summary>
public sealed class BadPhotographsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_verb_goes_to_its_end_and_names_each_bad_file_once()
    {
        SickFolder.Write(_folder, "sick");
        string[] bad = [.. SickFolder.BadOf("Training"), .. SickFolder.BadOf("Val")];
        await Verbs(_folder.In("sick"), bad, SickFolder.Usable + SickFolder.Good, SickFolder.Usable + SickFolder.Good,
            $"Val/{BirdSpecies.All[0].Name}/", "turned_6.jpg", "cut60.jpg");
    }

    /// <summary>The expected handling of each file is given next to it.</summary>
    [Fact]
    public async Task The_shared_cases_go_through_every_verb()
    {
        string cases = Shared.Path("cases");
        string[] bad = ["cut60.jpg", "cut_last_two_bytes.jpg", "empty.jpg", "one_pixel.png", "scan.tif", "text.jpg"];
        await Verbs(cases, [.. bad.Select(file => $"test/box/{file}"), .. bad.Select(file => $"train/box/{file}")], 17 + 2 * 8, 13 + 2 * 4,
            "test/box/", "orientation_8.jpg", "text.jpg");
    }

    [Fact]
    public void A_test_photograph_that_goes_bad_during_training_costs_a_figure_and_no_model()
    {
        var ml = new MLContext(seed: 1);
        Photograph[] rows = [.. SmallModel.Classes.Select(name => new Photograph { Label = name, ImagePath = _folder.In("gone.jpg") })];
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        using ProtoPNetTransformer model = SmallModel.Transformer();
        Assert.Null(new StageAccuracy(ml, ml.Preparation(crop: false).Fit(data).Transform(data)).Ended(model, known: null).Final);
    }

    [Fact]
    public async Task A_class_of_bad_photographs_alone_is_said_before_training()
    {
        SickFolder.Write(_folder, "sick");
        string good = _folder.In("sick", "Training", BirdSpecies.All[1].Name);
        foreach (string file in Directory.GetFiles(good)) await File.WriteAllTextAsync(file, "no photograph", TestContext.Current.CancellationToken);
        ToolProcess train = await ToolProcess.Run(Train(_folder.In("sick")));
        Assert.Equal(1, train.ExitCode);
        Assert.Contains($"No training photographs can be read of {BirdSpecies.All[1].Name}.", train.Errors);
    }

    private async Task Verbs(string data, string[] bad, int training, int test, string folder, string good, string sick)
    {
        string[] dataset = ["--dataset", "folder", "--data", data], model = ["--model", _folder.In("out", "model.zip")];
        string[] badTests = [.. bad.Where(path => path.StartsWith(folder, StringComparison.Ordinal))];

        ToolProcess doctor = await ToolProcess.Run(["doctor", .. dataset]);
        Assert.Equal(2, doctor.ExitCode);
        foreach (string path in bad) Assert.Single(doctor.Output.Split('\n'), line => line.StartsWith($"error: {path} cannot", StringComparison.Ordinal));
        Assert.Contains($"{folder}{good} is stored rotated", doctor.Output);
        Assert.Contains($"Training would leave out {bad.Length} photographs", doctor.Output);

        Ended(await ToolProcess.Run(Train(data)), bad);
        JsonElement metrics = Json(await File.ReadAllTextAsync(_folder.In("out", "metrics.json"), TestContext.Current.CancellationToken));
        Assert.Equal((training, test), (metrics.GetProperty("trainImages").GetInt32(), metrics.GetProperty("testImages").GetInt32()));

        ToolProcess evaluate = await ToolProcess.Run(["evaluate", "--json", .. model, .. dataset]);
        Ended(evaluate, badTests);
        Assert.Equal(test, Json(evaluate.Output).GetProperty("images").GetInt32());

        Ended(await ToolProcess.Run(["prototypes", "--output", _folder.In("gallery"), .. model, .. dataset]), bad);
        Assert.True(File.Exists(_folder.In("gallery", "prototypes.html")));
        Ended(await ToolProcess.Run(["prune", "--remove", "1", "--output", _folder.In("smaller.zip"), .. model, .. dataset]), bad);
        Assert.True(File.Exists(_folder.In("smaller.zip")));
        ToolProcess inspect = await ToolProcess.Run(["inspect", .. model, .. dataset]);
        Ended(inspect, bad);
        Assert.Contains("All checks passed.", inspect.Output);

        string one = Path.Combine(data, folder + good), two = Path.Combine(data, folder + sick);
        Ended(await ToolProcess.Run(["explain", "--output", _folder.In("pages"), "--image", two, one, .. model]), [two]);
        Assert.NotEmpty(Directory.GetFiles(_folder.In("pages"), "*.html"));

        ToolProcess stopped = await ToolProcess.Run(["evaluate", "--stop-on-unreadable", .. model, .. dataset]);
        Assert.Equal((1, ""), (stopped.ExitCode, stopped.Output));
        Assert.Equal(badTests, stopped.LeftOut);
        Assert.Equal(1, (await ToolProcess.Run(["explain", "--stop-on-unreadable", "--output", _folder.In("p2"), "--image", two, one, .. model])).ExitCode);
        Assert.False(Directory.Exists(_folder.In("p2")));
    }

    private static void Ended(ToolProcess verb, string[] leftOut)
    {
        Assert.True(verb.ExitCode == UnreadablePhotographs.SomeLeftOut, verb.Errors);
        Assert.Equal(leftOut.Order(StringComparer.Ordinal), verb.LeftOut);
        Assert.Contains($"{leftOut.Length} photograph{(leftOut.Length == 1 ? "" : "s")} left out: see above.", verb.Errors);
    }

    private string[] Train(string data)
    {
        File.WriteAllText(_folder.In("schedule.json"), (TrainingSchedule.Default with
        {
            Phases = [new WarmUp(1) { Views = 1, BatchSize = 8 }, new Projection(), new LastLayerFit(1e-3) { Views = 1 }],
        }).ToJson());
        return
        [
            "train", "--dataset", "folder", "--data", data, "--backbone", "resnet18", "--stages", "1", "--image-size", "48", "--prototypes-per-class", "2",
            "--depth", "8",
            "--schedule", _folder.In("schedule.json"), "--output", _folder.In("out"),
        ];
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
