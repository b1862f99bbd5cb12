using System.CommandLine;
using System.CommandLine.Invocation;
using System.Text.Json;
using Microsoft.ML;
using ProtoPNet.Cli.Bench;
using ProtoPNet.Cli.Measures;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.Network;
using Spectre.Console;

namespace ProtoPNet.Cli.Verbs;

/// <summary><c>protopnet bench cub200</c>: trains and measures as the field does, beside what is published.</summary>
internal static class BenchVerb
{
    private const string Cub200 = "cub200", DnnResNet18 = "dnn-resnet18";

    public static Command Create()
    {
        var command = new Command("bench",
            "Trains on CUB-200-2011, cropped, with each backbone, measures accuracy and explanations on the test photographs, combines the models, "
            + "and shows all of it beside the published figures: a table, bench.json and bench.html. What is trained already is not trained again.");
        var which = new Argument<string>("benchmark") { Description = $"The benchmark: {Cub200}." };
        which.AcceptOnlyFromAmong(Cub200);
        var data = new Option<DirectoryInfo>("--data") { Description = "The folder CUB_200_2011, which contains images.txt.", Required = true };
        var backbones = new Option<string[]>("--backbone")
        {
            Description = "A backbone as 'train' takes it, with the options of 'train' that belong to it, in quotes: "
                + "--backbone \"FILE.onnx --normalisation minus-one-to-one\"; repeat it for several. By default dnn-resnet18 and all whose published "
                + "weights have been downloaded. The named ones start from the published weights.",
            DefaultValueFactory = _ => [],
        };
        var output = new Option<DirectoryInfo>("--output")
        {
            Description = "The folder to write to, with a folder in it for each backbone.",
            Required = true,
        };
        Option<int> seed = Ask.Whole("--seed", "The random seed.", 1);
        command.Add(which);
        foreach (Option option in (Option[])[data, backbones, output, seed]) command.Add(option);
        command.SetAction((parsed, cancellation) => Task.Run(() => Run(
            parsed.GetRequiredValue(data).FullName, parsed.GetRequiredValue(backbones), parsed.GetRequiredValue(output).FullName,
            parsed.GetValue(seed), parsed.InvocationConfiguration, cancellation), cancellation));
        return command;
    }

    private static async Task<int> Run(
        string folder, string[] backbones, string output, int seed, InvocationConfiguration console, CancellationToken cancellation)
    {
        var data = new BenchData(folder, CubDataset.Load(folder));
        if (data.Dataset.Train.Count == 0 || data.Dataset.Test.Count == 0)
            throw new DatasetException(
                $"'{folder}' has {data.Dataset.Train.Count} training and {data.Dataset.Test.Count} test photographs; both are needed.");
        // All are planned before the first is trained, so that mistakes do not show up after hours.
        BenchModel[] models = [.. (backbones.Length > 0 ? backbones : AtHand()).Select(one => BenchModel.Of(one, seed, data, output))];
        if (models.GroupBy(model => model.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new ArgumentException($"The backbone '{twice.Key}' is given twice.");
        using HeldFolder held = HeldFolder.Take(output);
        foreach (BenchModel model in models) model.Claim();

        int code = 0;
        foreach (BenchModel model in models)
        {
            cancellation.ThrowIfCancellationRequested();
            if (model.IsTrained) Console.WriteLine($"{model.Name}: trained already.");
            else code = Math.Max(code, await Train(model, data, console, cancellation));
        }
        OurEnsemble? ensemble = models.Length > 1 ? Combined(models, data, Path.Combine(output, "ensemble"), cancellation) : null;
        BenchReport report = new()
        {
            Benchmark = data.Dataset.Name,
            Classes = data.Dataset.Classes.Count,
            TrainImages = data.Dataset.Train.Count,
            TestImages = data.Dataset.Test.Count,
            Seed = seed,
            Tool = models[0].Identity.Tool,
            Machine = Machine.This,
            Ours = [.. models.Select(model => OurModel.Of(model, data, model.Result()))],
            Ensemble = ensemble,
            Published = PublishedFigures.Cub200,
        };
        string start = Path.Combine(output, "bench");
        WholeFile.Write(start + ".json", report.ToJson());
        WholeFile.Write(start + ".html", BenchPage.Render(report));
        AnsiConsole.Write(BenchWording.Table(report));
        Console.WriteLine($"Written: {start}.json, {start}.html");
        return code;
    }

    /// <summary>Exactly what the command line would do, so that anyone can repeat it.</summary>
    private static Task<int> Train(BenchModel model, BenchData data, InvocationConfiguration console, CancellationToken cancellation)
    {
        IReadOnlyList<string> command = model.Command(data);
        Console.WriteLine($"{model.Name}: protopnet {string.Join(' ', command)}");
        return Usage.Checked(TrainVerb.Create().Parse([.. command.Skip(1)])).InvokeAsync(console, cancellation);
    }

    private static OurEnsemble Combined(BenchModel[] models, BenchData data, string folder, CancellationToken cancellation)
    {
        string notes = Path.Combine(folder, "ensemble.json"), path = Path.Combine(folder, "model.zip");
        string[] hashes = [.. models.Select(model => BenchModel.Hash(model.Model))];
        if (File.Exists(path) && Noted(notes) is { } earlier && earlier.Models.SequenceEqual(hashes))
        {
            Console.WriteLine("ensemble: measured already.");
            return earlier.Ensemble;
        }
        Console.WriteLine($"ensemble of {string.Join(", ", models.Select(model => model.Name))}: {StageAccuracy.Activity}");
        Directory.CreateDirectory(folder);
        List<ModelFile> files = [];
        try
        {
            foreach (BenchModel model in models) files.Add(ModelFile.Open(model.Model));
            EnsembleFile.Write([.. models.Select(model => model.Name).Zip(files)], path);
        }
        finally
        {
            foreach (ModelFile file in files) file.Dispose();
        }
        using EnsembleFile ensemble = SavedPipeline.Open<EnsembleFile>(path);
        ImageDataset test = data.Dataset.TestSplit().OnlyReadable(null, cancellation);
        var ml = new MLContext(seed: 1);
        OurEnsemble measured = new([.. models.Select(model => model.Name)],
            ml.MulticlassClassification.Evaluate(ensemble.Pipeline.Transform(ml.Rows(test, test.Test))).MicroAccuracy,
            ensemble.Models.Sum(model => model.Model.Prototypes.Count));
        WholeFile.Write(notes, JsonSerializer.Serialize(new Notes(hashes, measured)));
        return measured;
    }

    private static Notes? Noted(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<Notes>(File.ReadAllText(path)) : null;
        }
        catch (JsonException)
        {
            return null; // measured again
        }
    }

    private static string[] AtHand()
        => [DnnResNet18, .. Backbone.Published.Where(PretrainedWeights.AreDownloaded).Select(backbone => backbone.Name.ToLowerInvariant())];

    /// <summary>A measured ensemble.</summary>
    /// <param name="Models">The hashes of its models' files.</param>
    /// <param name="Ensemble">The result.</param>
    private sealed record Notes(IReadOnlyList<string> Models, OurEnsemble Ensemble);
}
