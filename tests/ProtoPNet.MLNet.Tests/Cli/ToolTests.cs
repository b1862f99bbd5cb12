using System.CommandLine;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.Cli;
using ProtoPNet.Cli.Verbs;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Tests.Import;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Cli;

public sealed class ToolTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("protopnet-tool-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static ParseResult Parse(out TrainerChoice choice, params string[] arguments)
    {
        var command = new RootCommand();
        choice = new TrainerChoice();
        choice.AddTo(command);
        return command.Parse(arguments);
    }

    [Fact]
    public void Options_become_those_of_the_trainer()
    {
        ParseResult parsed = Parse(out TrainerChoice choice,
            "--backbone", "vgg16_bn", "--stages", "4", "--image-size", "96", "--prototypes-per-class", "3", "--depth", "64", "--schedule", "paper",
            "--validation", "0.2", "--seed", "7", "--device", "cuda:1", "--weights", "imagenet", "--class-weights", "balanced");
        Assert.Empty(parsed.Errors);
        ProtoPNetTrainer.Options options = choice.Options(parsed, TestContext.Current.CancellationToken);
        Assert.Equal(
            (Backbone.Vgg16Bn, 4, 96, 3, 64),
            (options.Backbone, options.Stages, options.ImageSize, options.PrototypesPerClass, options.PrototypeDepth));
        Assert.Equal((0.2, 7, "cuda:1"), (options.ValidationFraction, options.Seed, options.Device));
        Assert.Same(TrainingSchedule.Paper, options.Schedule);
        Assert.Same(PretrainedWeights.ImageNet, options.Weights);
        Assert.Same(ClassWeights.Balanced, options.ClassWeights);
    }

    [Fact]
    public void Many_classes_start_with_fewer_prototypes_each()
    {
        ProtoPNetTrainer.Options options = Parse(out TrainerChoice choice) is var parsed
            ? choice.Options(parsed, TestContext.Current.CancellationToken) : null!;
        Assert.Equal((10, 10, 5, 5), (options.PrototypesFor(2), options.PrototypesFor(49), options.PrototypesFor(50), options.PrototypesFor(200)));
        Assert.Equal((490, 250), (options.Architecture(49).Prototypes, options.Architecture(50).Prototypes));
        options.PrototypesPerClass = 3;
        Assert.Equal((147, 150), (options.Architecture(49).Prototypes, options.Architecture(50).Prototypes));
    }

    [Fact]
    public void Many_classes_start_with_deeper_prototypes()
    {
        ProtoPNetTrainer.Options options = Parse(out TrainerChoice choice) is var parsed
            ? choice.Options(parsed, TestContext.Current.CancellationToken) : null!;
        Assert.Equal((128, 512), (options.Architecture(49).PrototypeDepth, options.Architecture(50).PrototypeDepth));
        options.PrototypeDepth = 64;
        Assert.Equal((64, 64), (options.Architecture(49).PrototypeDepth, options.Architecture(50).PrototypeDepth));
    }

    [Fact]
    public void The_published_recipe_has_ten_prototypes_of_128_channels_for_any_number_of_classes()
    {
        ProtoPNetTrainer.Options options = Parse(out TrainerChoice choice, "--schedule", "paper") is var parsed
            ? choice.Options(parsed, TestContext.Current.CancellationToken) : null!;
        Assert.Equal((2000, 128), (options.Architecture(200).Prototypes, options.Architecture(200).PrototypeDepth));
    }

    [Fact]
    public void What_is_not_given_is_the_librarys_default_on_the_backbone_that_comes_with_the_tool()
    {
        ProtoPNetTrainer.Options
            options = Parse(out TrainerChoice choice) is var parsed ? choice.Options(parsed, TestContext.Current.CancellationToken) : null!,
            defaults = new();
        Assert.Equal("DnnResNet18", options.Backbone.Name);
        Assert.True(options.Backbone.BringsWeights);
        Assert.Equal((defaults.Weights, defaults.Stages, defaults.ImageSize), (options.Weights, options.Stages, options.ImageSize));
        Assert.Equal((defaults.PrototypesPerClass, defaults.PrototypeDepth), (options.PrototypesPerClass, options.PrototypeDepth));
        Assert.Equal((defaults.Schedule, defaults.ClassWeights), (options.Schedule, options.ClassWeights));
        Assert.True(options.Architecture(2).ObjectMask);
    }

    [Theory]
    [InlineData("dnn-resnet18", 2, nameof(TrainingSchedule.FrozenBackbone))]
    [InlineData("dnn-resnet18", TrainingSchedule.ManyFrom - 1, nameof(TrainingSchedule.FrozenBackbone))]
    [InlineData("dnn-resnet18", TrainingSchedule.ManyFrom, nameof(TrainingSchedule.ManyClasses))]
    [InlineData("resnet18", 2, nameof(TrainingSchedule.Default))]
    [InlineData("resnet18", 200, nameof(TrainingSchedule.Default))]
    public void The_schedule_suits_the_backbone_and_the_number_of_classes_and_the_network_has_its_epsilon(string backbone, int classes, string expected)
    {
        ProtoPNetTrainer.Options options = Parse(out TrainerChoice choice, "--backbone", backbone) is var parsed
            ? choice.Options(parsed, TestContext.Current.CancellationToken) : null!;
        Assert.Same(typeof(TrainingSchedule).GetProperty(expected)!.GetValue(null), options.ScheduleFor(classes));
        Assert.Equal(options.ScheduleFor(classes).Epsilon, options.Architecture(classes).Epsilon);
    }

    [Theory]
    [InlineData("imagenet", 0.485f, 0.229f)]
    [InlineData("minus-one-to-one", 0.5f, 0.5f)]
    [InlineData("zero-to-one", 0f, 1f)]
    [InlineData("zero-to-255", 0f, 1 / 255f)]
    [InlineData("51,0,0", 0.2f, 1 / 255f)]
    public void A_classifier_in_a_file_is_a_backbone(string normalisation, float mean, float deviation)
    {
        string file = OnnxGoldenTests.Path("vgg_bn.onnx");
        ParseResult parsed = Parse(out TrainerChoice choice, "--backbone", file, "--normalisation", normalisation, "--channels", "bgr");
        Backbone backbone = choice.Options(parsed, TestContext.Current.CancellationToken).Backbone;
        Assert.Equal("vgg_bn.onnx", backbone.Name);
        Assert.Equal((mean, deviation), (backbone.Normalisation.Mean[0], backbone.Normalisation.Deviation[0]));
    }

    [Fact]
    public void What_belongs_to_files_is_refused_for_other_backbones()
    {
        ParseResult parsed = Parse(out TrainerChoice choice, "--backbone", "resnet18", "--channels", "bgr");
        Assert.Contains("--channels are for files .onnx; --backbone is 'resnet18'", Assert.Throws<ArgumentException>(
            () => choice.Options(parsed, TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
        ParseResult wrong = Parse(out choice, "--backbone", OnnxGoldenTests.Path("vgg_bn.onnx"), "--normalisation", "1,2");
        Assert.Contains("--normalisation is '1,2'; it must be imagenet", Assert.Throws<ArgumentException>(
            () => choice.Options(wrong, TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_values_are_said()
    {
        Assert.Contains(
            Parse(out _, "--backbone", "resnet19").Errors, e => e.Message.Contains("no backbone 'resnet19'") && e.Message.Contains("resnet18"));
        ParseResult parsed = Parse(out TrainerChoice choice, "--schedule", "absent.json");
        Assert.Contains(
            "absent.json",
            Assert.Throws<FileNotFoundException>(() => choice.Options(parsed, TestContext.Current.CancellationToken)).Message);
    }

    [Fact]
    public async Task Train_leaves_a_model_and_its_figures_and_evaluate_reads_them()
    {
        string data = Path.Combine(_folder, "birds"), output = Path.Combine(_folder, "out"), schedule = Path.Combine(_folder, "schedule.json");
        ImageDataset birds = ProceduralBirds.Write(
            data, new BirdOptions { Species = 2, TrainPerSpecies = 6, TestPerSpecies = 3, Size = 48, Seed = 1 });
        await File.WriteAllTextAsync(schedule, (TrainingSchedule.Default with
        {
            BatchNorm = BatchNormMode.Follow,
            Phases = [new Joint(1) { BatchSize = 8 }, new Projection(), new LastLayerFit(1e-3)],
        }).ToJson(), TestContext.Current.CancellationToken);
        Assert.Equal(0, await TrainVerb.Create().Parse(
        [
            "--dataset", "birds", "--data", data, "--crop", "--stages", "1", "--image-size", "48", "--prototypes-per-class", "2",
            "--depth", "8",
            "--schedule", schedule, "--output", output,
        ]).InvokeAsync(cancellationToken: TestContext.Current.CancellationToken));

        JsonElement metrics = JsonDocument.Parse(
            await File.ReadAllBytesAsync(Path.Combine(output, "metrics.json"), TestContext.Current.CancellationToken)).RootElement;
        Assert.Equal((2, 4, 12, 6), (Int("classes"), Int("prototypes"), Int("trainImages"), Int("testImages")));
        foreach (string stage in (string[])["joint", "projected"])
            Assert.Contains(Number("accuracy", stage), Enumerable.Range(0, 7).Select(right => right / 6.0));
        var ml = new MLContext(seed: 1);
        string[] predicted =
        [
            .. ModelFile.Load(ml, Path.Combine(output, "model.zip"), out _).Transform(ml.Rows(birds, birds.Test)).GetColumn<string>("PredictedLabel"),
        ];
        Assert.Equal(birds.Test.Zip(predicted).Count(pair => pair.First.Label == pair.Second) / 6.0, Number("accuracy", "final"), 1e-9);
        Assert.Equal(0, Number("seconds", "warmUp"));
        Assert.InRange(
            ((string[])["joint", "projection", "lastLayer"]).Sum(phase => Number("seconds", phase)), 0.005, Number("seconds", "total") + 0.03);
        Assert.True(Number("imagesPerSecond", "joint") > 0);
        Assert.True(metrics.GetProperty("peakMemoryMB").GetDouble() > 10);
        Assert.Equal("full", metrics.GetProperty("precision").GetString());
        Assert.True(Number("lastLayer", "relativeGap") <= 1e-6);
        Assert.True(Number("lastLayer", "objective") > 0 && Number("lastLayer", "iterations") >= 1 && Number("lastLayer", "offClassZeros") >= 0);

        // The photographs have moved: models do not store the folder of their training data.
        Directory.Move(data, data + "2");
        Assert.Equal(0, await EvaluateVerb.Create()
            .Parse(["--model", Path.Combine(output, "model.zip"), "--data", data + "2", "--json", "--output", output])
            .InvokeAsync(cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(6, birds.Test.Count);
        Assert.Contains("6 photographs are classified correctly", await File.ReadAllTextAsync(
            Path.Combine(output, "evaluation.html"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await Predicted(output, data + "2");
        await Pruned(output, data + "2");
        await Strangers(output, data + "2");
        await Kept(output, data + "2", schedule);

        int Int(string name) => metrics.GetProperty(name).GetInt32();
        double Number(string group, string name) => metrics.GetProperty(group).GetProperty(name).GetDouble();
    }

    /// <summary>Predictions are the pipeline's, in order; a file that is no photograph is named and left out.</summary>
    private async Task Predicted(string output, string data)
    {
        string model = Path.Combine(output, "model.zip"), test = Path.Combine(data, "test"), torn = Path.Combine(_folder, "torn.jpg");
        string whole = Directory.GetFiles(test, "*.jpg", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First();
        await File.WriteAllTextAsync(torn, "torn", TestContext.Current.CancellationToken);
        (int code, string said, string error) = await Run(["predict", "--model", model, torn, test, "--format", "csv", "--top", "2"]);
        Assert.Equal(UnreadablePhotographs.SomeLeftOut, code);
        string[][] rows = [.. said.Trim().Split('\n').Skip(1).Select(row => row.Split(','))];
        Assert.Equal((12, whole, "1"), (rows.Length, rows[0][0], rows[0][1]));
        var ml = new MLContext(seed: 1);
        string[] paths = [.. rows.Where(row => row[1] == "1").Select(row => row[0])];
        IDataView scored = ModelFile.Load(ml, model, out _).Transform(ml.Data.LoadFromEnumerable(paths.Select(path => new Photograph { ImagePath = path })));
        Assert.Equal(scored.GetColumn<string>("PredictedLabel"), rows.Where(row => row[1] == "1").Select(row => row[2]));
        Assert.All(rows.Chunk(2), pair => Assert.Equal(1, pair.Sum(row => float.Parse(row[3], System.Globalization.CultureInfo.InvariantCulture)), 1e-5));

        (code, _, error) = await Run(["predict", "--model", model, torn]);
        Assert.Equal(1, code);
        Assert.Contains("No photograph could be read", error, StringComparison.Ordinal);
        string file = Path.Combine(_folder, "predictions.json");
        Assert.Equal(1, (await Run(["predict", "--model", model, torn, "--output", file])).Code);
        Assert.False(File.Exists(file), "A file of nothing would stand in the way of the next run.");
        string[] single = ["predict", "--model", model, whole, "--format", "json", "--output", file];
        Assert.Equal(0, (await Run(single)).Code);
        Assert.Equal(whole, JsonDocument.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).RootElement.GetProperty("image").GetString());
        Assert.Contains("add --force", (await Run(single)).Error, StringComparison.Ordinal);
    }

    /// <summary>Classes unknown to the model are named and not measured.</summary>
    private async Task Strangers(string output, string data)
    {
        string folder = Path.Combine(_folder, "strangers");
        string[] classes = [.. Directory.GetDirectories(Path.Combine(data, "test")).Order()];
        Copy(classes[0], Path.Combine(folder, Path.GetFileName(classes[0])));
        Copy(classes[1], Path.Combine(folder, "Stork"));
        string[] evaluate = ["evaluate", "--model", Path.Combine(output, "model.zip"), "--dataset", "folder", "--data", folder, "--json"];
        (int code, string said, string error) = await Run(evaluate);
        Assert.Equal(0, code);
        JsonElement figures = JsonDocument.Parse(said).RootElement;
        Assert.Equal((3, 6), (figures.GetProperty("images").GetInt32(), figures.GetProperty("photographs").GetInt32()));
        Assert.Equal("Stork", figures.GetProperty("unknownClasses")[0].GetString());
        Assert.Equal(JsonValueKind.Null, figures.GetProperty("perClass")[1].GetProperty("recall").ValueKind);
        Assert.Contains("3 of 6 photographs are not measured", error);

        string lower = Path.GetFileName(classes[0]).ToLowerInvariant();
        Directory.Move(Path.Combine(folder, Path.GetFileName(classes[0])), Path.Combine(folder, lower));
        (code, said, error) = await Run(evaluate);
        Assert.Equal((1, ""), (code, said));
        Assert.Contains($"'{lower}' is not '{Path.GetFileName(classes[0])}'", error);

        static void Copy(string from, string to)
        {
            Directory.CreateDirectory(to);
            foreach (string file in Directory.GetFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }

    /// <summary>A finished model is kept unless --force is given, and so is the checkpoint of another run.</summary>
    private static async Task Kept(string output, string data, string schedule)
    {
        string[] train =
        [
            "train", "--dataset", "birds", "--data", data, "--backbone", "resnet18", "--stages", "1", "--image-size", "48",
            "--prototypes-per-class", "2", "--depth", "8",
            "--schedule", schedule, "--output", output,
        ];
        byte[] model = await File.ReadAllBytesAsync(Path.Combine(output, "model.zip"), TestContext.Current.CancellationToken);
        foreach (string[] more in (string[][])[[], ["--resume"]])
        {
            (int code, _, string error) = await Run([.. train, .. more]);
            Assert.Equal(1, code);
            Assert.Contains("already exists. Choose another path, or add --force to replace it.", error);
        }
        Assert.Equal(model, await File.ReadAllBytesAsync(Path.Combine(output, "model.zip"), TestContext.Current.CancellationToken));
        Assert.Equal(0, (await Run([.. train, "--force"])).Code);

        string checkpoint = TrainingCheckpoint.PathIn(Path.Combine(output, "checkpoint"));
        Directory.CreateDirectory(Path.GetDirectoryName(checkpoint)!);
        await File.WriteAllTextAsync(checkpoint, "half a checkpoint", TestContext.Current.CancellationToken);
        (int resumed, _, string damaged) = await Run([.. train, "--resume"]);
        Assert.Equal(1, resumed);
        Assert.StartsWith($"error: The checkpoint '{checkpoint}' cannot be read: ", damaged);
        Assert.DoesNotContain("\n", damaged.Trim());
    }

    private static async Task<(int Code, string Output, string Error)> Run(string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await Tool.Run(arguments, output, error, TestContext.Current.CancellationToken);
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>A pruned model is a model like any other: it can be evaluated and inspected, and its prototypes keep names and pictures.</summary>
    private static async Task Pruned(string output, string data)
    {
        string model = Path.Combine(output, "model.zip"), smaller = Path.Combine(output, "pruned", "model.zip");
        string[] dataset = ["--dataset", "birds", "--data", data];
        Assert.Equal(0, await Run(
            PruneVerb.Create(), ["--model", model, "--remove", "1, 2", "--merge-duplicates", "--l1", "0.01", "--output", smaller, .. dataset]));
        using (ModelFile before = ModelFile.Open(model), after = ModelFile.Open(smaller))
        {
            Assert.Equal(before.Network.Prototypes.Where(p => p.Index is 0 or 3).Select(p => (p.Name, p.Source!.ImageId, p.Source.Picture.Length)),
                after.Network.Prototypes.Select(p => (p.Name, p.Source!.ImageId, p.Source.Picture.Length)));
            Assert.True(after.Crops);
        }
        string edits = Path.Combine(output, "edits.json"), edited = Path.Combine(output, "pruned", "edited.zip");
        using (ModelFile before = ModelFile.Open(model))
        {
            string[] names = [.. before.Network.Prototypes.Take(3).Select(prototype => prototype.Name)];
            File.WriteAllText(edits, ModelEditsJson.Write(new([new ModelEdit.StrikeOut(names[1]), new ModelEdit.Rename(names[0], "beak")])));
            Assert.Equal(0, await Run(PruneVerb.Create(), ["--model", model, "--edits", edits, "--by", "Ada", "--output", edited, .. dataset]));
            using ModelFile after = ModelFile.Open(edited);
            Assert.DoesNotContain(names[1], after.Network.Prototypes.Select(prototype => prototype.Name));
            Assert.Equal("beak", after.Network.Prototypes[0].Words);
            Assert.Equal("Ada", Assert.Single(after.Network.Inside().Revisions).By);
            Assert.Contains("says which prototypes leave", await Refused(
                PruneVerb.Create(), "--model", model, "--output", smaller, "--edits", edits, "--remove", "1"));
        }
        Assert.Equal(0, await Run(EvaluateVerb.Create(), ["--model", smaller, .. dataset, "--json"]));
        Assert.Equal(0, await Run(InspectVerb.Create(), ["--model", smaller, .. dataset]));
        ParseResult wrong = PruneVerb.Create().Parse(["--model", model, "--output", smaller, "--remove", "1,x"]);
        Assert.Contains(wrong.Errors, e => e.Message.Contains("'x' is not a prototype number"));

        Assert.Contains("is the model itself", await Refused(PruneVerb.Create(), "--model", model, "--output", model, "--remove", "1"));
        Assert.Contains("give --data", await Refused(PruneVerb.Create(), "--model", model, "--output", smaller));
        Assert.Contains(
            "There is no photograph",
            await Refused(ExplainVerb.Create(), "--model", model, "--image", model + ".jpg", "--output", output));
        string[] unreadable = ["--model", model, "--image", smaller, "--output", output];
        Assert.Contains("No photograph could be explained", await Refused(ExplainVerb.Create(), unreadable));
        Assert.StartsWith($"{smaller}: ", await Refused(ExplainVerb.Create(), [.. unreadable, "--stop-on-unreadable"]));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ExplainVerb.Create().Parse(unreadable)
            .InvokeAsync(new() { EnableDefaultExceptionHandler = false }, new CancellationToken(canceled: true)));

        static async Task<string> Refused(Command verb, params string[] arguments) => (await Assert.ThrowsAnyAsync<Exception>(()
            => verb.Parse(arguments).InvokeAsync(new() { EnableDefaultExceptionHandler = false }, TestContext.Current.CancellationToken))).Message;

        static Task<int> Run(Command verb, string[] arguments)
            => verb.Parse(arguments).InvokeAsync(cancellationToken: TestContext.Current.CancellationToken);
    }
}
