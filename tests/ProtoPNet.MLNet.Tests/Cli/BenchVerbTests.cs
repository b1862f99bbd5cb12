using System.Text.Json;
using ProtoPNet.Cli;
using ProtoPNet.Cli.Bench;
using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Tests.Import;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Cli;

public sealed class BenchVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_benchmark_trains_measures_combines_and_trains_nothing_twice()
    {
        string data = CubBirds.Write(_folder, species: 2, train: 4, test: 3, size: 64), output = _folder.In("bench");
        string schedule = _folder.Write("schedule.json", (TrainingSchedule.FrozenBackbone with
        {
            Phases = [new WarmUp(1) { BatchSize = 8 }, new Projection(), new LastLayerFit(1e-3)],
        }).ToJson());
        string options = $"--image-size 64 --prototypes-per-class 2 --depth 8 --validation 0 --schedule \"{schedule}\"";
        string[] bench =
        [
            "bench", "cub200", "--data", data, "--output", output, "--backbone", $"dnn-resnet18 {options}",
            "--backbone", $"\"{OnnxGoldenTests.Path("vgg_bn.onnx")}\" {options} --normalisation minus-one-to-one",
        ];
        (int code, string error) = await Run(bench);
        Assert.Equal((0, ""), (code, error));

        JsonElement report = await Json(output, "bench.json");
        Assert.Equal([2, 8, 6], ((string[])["classes", "trainImages", "testImages"]).Select(name => report.GetProperty(name).GetInt32()));
        JsonElement[] ours = [.. report.GetProperty("ours").EnumerateArray()];
        Assert.Equal(["dnn-resnet18", "vgg_bn"], ours.Select(one => one.GetProperty("name").GetString()));
        Assert.Equal(["ImageNet", "not said by the file"], ours.Select(one => one.GetProperty("pretrained").GetString()));
        foreach (JsonElement one in ours)
        {
            JsonElement metrics = await Json(output, one.GetProperty("name").GetString()!, "metrics.json");
            Assert.Equal(metrics.GetProperty("accuracy").GetProperty("final").GetDouble(), one.GetProperty("accuracy").GetDouble());
            foreach (string measure in (string[])["consistency", "stability", "partPurity", "noPart", "classPurity", "evidenceSize"])
                Assert.Equal(metrics.GetProperty("explanations").GetProperty(measure).GetDouble(), one.GetProperty(measure).GetDouble());
            Assert.StartsWith("protopnet train --dataset cub --data ", one.GetProperty("command").GetString());
        }
        JsonElement ensemble = report.GetProperty("ensemble");
        Assert.Equal(ours.Sum(one => one.GetProperty("prototypes").GetInt32()), ensemble.GetProperty("prototypes").GetInt32());
        (code, string said) = await Evaluate(Path.Combine(output, "ensemble", "model.zip"), data);
        Assert.Equal(0, code);
        Assert.Equal(JsonDocument.Parse(said).RootElement.GetProperty("accuracy").GetDouble(), ensemble.GetProperty("accuracy").GetDouble(), 1e-9);
        // Ours and published figures are never in one list.
        Assert.Contains(
            report.GetProperty("published").EnumerateArray(), one => one.GetProperty("accuracy").GetProperty("from").GetDouble() == 0.848);
        Assert.All(report.GetProperty("published").EnumerateArray(), one => Assert.Contains("et al.", one.GetProperty("source").GetString()));
        Assert.Contains("vgg_bn", await File.ReadAllTextAsync(Path.Combine(output, "bench.html"), TestContext.Current.CancellationToken));

        string[] files = ["dnn-resnet18/model.zip", "vgg_bn/metrics.json", "ensemble/model.zip"];
        string[] kept = [.. files.Select(file => Path.Combine(output, file))];
        DateTime[] written = [.. kept.Select(File.GetLastWriteTimeUtc)];
        (code, error) = await Run(bench);
        Assert.Equal((0, ""), (code, error));
        Assert.Equal(written, kept.Select(File.GetLastWriteTimeUtc));

        // What was trained otherwise is not taken for this.
        (code, error) = await Run([.. bench, "--seed", "2"]);
        Assert.Equal(1, code);
        Assert.Contains("holds a model of another run (trained with --backbone dnn-resnet18", error);
        Assert.DoesNotContain("\n", error.Trim());
    }

    [Fact]
    public void The_page_keeps_ours_and_published_apart()
    {
        string page = Page();
        int ours = page.IndexOf("id=\"ours\"", StringComparison.Ordinal), published = page.IndexOf("id=\"published\"", StringComparison.Ordinal);
        Assert.InRange(page.LastIndexOf("81.2", StringComparison.Ordinal), ours, published);
        Assert.True(page.IndexOf("84.8", StringComparison.Ordinal) > published);
        Assert.Contains("mobile &lt;b&gt;", page);
        Assert.Contains("href=\"mobile%20%3Cb%3E/training.html\"", page);
    }

    [Fact]
    public void Models_know_the_version_of_the_package_that_wrote_them_not_that_of_the_assembly_which_stays_put()
    {
        Assert.Matches(@"^\d+\.\d+\.\d+(-[\w.]+)?$", OwnVersion.Text);
        Assert.NotEqual($"{typeof(OwnVersion).Assembly.GetName().Version}", OwnVersion.Text);
    }

    /// <summary>A page of made figures.</summary>
    internal static string Page() => BenchPage.Render(new()
    {
        Benchmark = "CUB-200-2011",
        Classes = 200,
        TrainImages = 5994,
        TestImages = 5794,
        Seed = 1,
        Tool = "0.1.0.0",
        Machine = new(2, "Linux", "X64"),
        Ours =
        [
            new("mobile <b>", "birds: 965 classes, 60 of the 200 here among them", 0.812, 480, 42)
            {
                Command = "protopnet train --dataset cub",
                LastLayerShare = 0.25,
                Consistency = 0.5,
            },
        ],
        Ensemble = new(["a", "b"], 0.8, 900),
        Published = PublishedFigures.Cub200,
    });

    [Theory]
    [InlineData("resnet19", "There is no backbone 'resnet19'")]
    [InlineData("dnn-resnet18 --image-sise 64", "--image-sise")]
    [InlineData("absent.onnx", "absent.onnx")]
    public async Task A_wrong_backbone_is_refused_before_anything_is_trained(string backbone, string reason)
    {
        string data = CubBirds.Write(_folder, species: 2, train: 1, test: 1, size: 32);
        (int code, string error) = await Run(
            ["bench", "cub200", "--data", data, "--output", _folder.In("out"), "--backbone", "dnn-resnet18", "--backbone", backbone]);
        Assert.Equal(1, code);
        Assert.Contains(reason, error);
        Assert.False(Directory.Exists(_folder.In("out")));
    }

    [Fact]
    public void Weights_pretrained_on_birds_are_said_to_be_so()
    {
        string[] birds =
        [
            "background", "1 Cardinalis cardinalis (Northern Cardinal)", "2 Phoebastria nigripes (Black-footed Albatross)", "3 Anna's Hummingbird",
        ];
        string[] classes = ["001.Black_footed_Albatross", "067.Anna_Hummingbird", "068.Northern_Cardinal", "069.Wren"];
        Assert.Equal("birds: 4 classes, 3 of the 4 here among them", WeightsOrigin.OfLabels(birds, classes, "birds"));
        Assert.Equal("3 classes, 0 of the 4 here among them", WeightsOrigin.OfLabels(["tench", "goldfish", "cock"], classes, "birds"));
    }

    [Fact]
    public void The_bird_classifier_beside_the_data_is_recognised()
    {
        string file = Shared.Path("weights", "mobilenet-v2-inat-birds.onnx");
        string[] classes = [.. File.ReadLines(Shared.Path("data", "CUB_200_2011_ten", "classes.txt")).Select(line => line.Split(' ')[1])];
        string said = WeightsOrigin.OfOnnx(file, classes, "birds");
        Assert.StartsWith("birds: 965 classes, ", said);
    }

    private static async Task<JsonElement> Json(params string[] path)
        => JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(path), TestContext.Current.CancellationToken)).RootElement;

    private static async Task<(int Code, string Error)> Run(string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await Tool.Run(arguments, output, error, TestContext.Current.CancellationToken);
        return (code, error.ToString());
    }

    private static async Task<(int Code, string Output)> Evaluate(string model, string data)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        string[] evaluate = ["evaluate", "--model", model, "--dataset", "cub", "--data", data, "--json"];
        int code = await Tool.Run(evaluate, output, error, TestContext.Current.CancellationToken);
        return (code, output.ToString());
    }
}
