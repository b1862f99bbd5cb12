using System.CommandLine;
using System.CommandLine.Parsing;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ProtoPNet.Cli.Measures;
using ProtoPNet.Cli.Verbs;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Training;

namespace ProtoPNet.Cli.Bench;

/// <summary>The data of a benchmark.</summary>
/// <param name="Folder">Its folder.</param>
/// <param name="Dataset">Its photographs.</param>
internal sealed record BenchData(string Folder, ImageDataset Dataset)
{
    /// <summary>A hash of the names, classes and splits of all photographs.</summary>
    public string Digest { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', Dataset.Train.Concat(Dataset.Test)
        .Select(record => $"{record.ImagePath} {record.Label} {record.IsTrain}").Order(StringComparer.Ordinal)))))[..16];
}

/// <summary>What determines a trained model: a folder holds the result of exactly one.</summary>
/// <param name="Tool">The version of the tool.</param>
/// <param name="Options">The options of <c>train</c>.</param>
/// <param name="Schedule">The schedule, as JSON.</param>
/// <param name="Backbone">The hash of the backbone's file; null if it has none.</param>
/// <param name="Photographs">The hash of the photographs' names.</param>
internal sealed record BenchIdentity(string Tool, string Options, string Schedule, string? Backbone, string Photographs);

/// <summary>One backbone of a benchmark: how it is trained, and where the result lies.</summary>
/// <param name="Name">The name of its folder, and in tables.</param>
/// <param name="Options">The options of <c>train</c> that belong to it.</param>
/// <param name="Folder">Its folder.</param>
/// <param name="Pretrained">What its weights were pretrained on.</param>
/// <param name="Identity">What determines the model.</param>
internal sealed record BenchModel(string Name, IReadOnlyList<string> Options, string Folder, string Pretrained, BenchIdentity Identity)
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>The model.</summary>
    public string Model => Path.Combine(Folder, "model.zip");

    /// <summary>Whether training is over.</summary>
    public bool IsTrained => File.Exists(Model) && File.Exists(Metrics) && File.Exists(IdentityFile);

    private string Metrics => Path.Combine(Folder, "metrics.json");

    private string IdentityFile => Path.Combine(Folder, "bench-run.json");

    /// <summary>The arguments of <c>protopnet</c> that train it.</summary>
    /// <param name="data">The data.</param>
    public IReadOnlyList<string> Command(BenchData data)
        => ["train", "--dataset", "cub", "--data", data.Folder, "--crop", .. Options, "--output", Folder, "--resume"];

    /// <summary>Plans a model; nothing is trained yet.</summary>
    /// <param name="wanted">A backbone as <c>train</c> takes it, with what belongs to it: <c>FILE.onnx --normalisation minus-one-to-one</c>.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="data">The data.</param>
    /// <param name="output">The folder of the benchmark.</param>
    /// <exception cref="ArgumentException">The options are none of <c>train</c>.</exception>
    public static BenchModel Of(string wanted, int seed, BenchData data, string output)
    {
        string[] words = File.Exists(wanted) ? [wanted] : [.. CommandLineParser.SplitCommandLine(wanted)];
        if (words.Length == 0) throw new ArgumentException("--backbone is empty; it must be a backbone of 'train'.");
        // What does not bring its weights starts from the published ones: random weights are nothing to compare.
        bool takesPublished = Backbone.Find(words[0]) is not null && !words.Contains("--weights") && !words.Contains("--init");
        string[] options = ["--backbone", .. words, .. takesPublished ? ["--weights", "imagenet"] : Array.Empty<string>(), "--seed", $"{seed}"];
        ProtoPNetTrainer.Options trainer = Parsed(options, wanted);
        string? file = words[0].EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) ? words[0] : null;
        string name = OutputFolder.SafeName(file is null ? words[0].ToLowerInvariant() : Path.GetFileNameWithoutExtension(file));
        BenchIdentity identity = new(OwnVersion.Text,
            string.Join(' ', file is null ? options : options.Select(word => word == file ? Path.GetFileName(file) : word)),
            trainer.ScheduleFor(data.Dataset.Classes.Count).ToJson(), file is null ? null : Hash(file), data.Digest);
        string pretrained = file is not null ? WeightsOrigin.OfOnnx(file, data.Dataset.Classes, "birds")
            : trainer.Backbone.BringsWeights || trainer.Weights == PretrainedWeights.ImageNet ? "ImageNet" : $"{trainer.Weights}";
        return new(name, options, Path.Combine(output, name), pretrained, identity);
    }

    /// <summary>Marks the folder as that of this model, before training begins.</summary>
    /// <exception cref="InvalidOperationException">It holds another one.</exception>
    public void Claim()
    {
        if (File.Exists(IdentityFile))
        {
            BenchIdentity? found = Read(IdentityFile, text => JsonSerializer.Deserialize<BenchIdentity>(text, Json));
            if (found != Identity)
                throw new InvalidOperationException(
                    $"'{Folder}' holds a model of another run ({Difference(found)}). "
                    + "Choose another --output, or remove that folder to train it again.");
            return;
        }
        if (File.Exists(Model))
            throw new InvalidOperationException(
                $"'{Folder}' holds a model that no benchmark has trained. Choose another --output, or remove that folder.");
        Directory.CreateDirectory(Folder);
        WholeFile.Write(IdentityFile, JsonSerializer.Serialize(Identity, Json));
    }

    /// <summary>The result of training.</summary>
    public TrainingMetrics Result() => Read(Metrics, TrainingMetrics.FromJson);

    /// <summary>The hash of a file's bytes.</summary>
    public static string Hash(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream))[..16];
    }

    private static ProtoPNetTrainer.Options Parsed(string[] options, string wanted)
    {
        var command = new Command("train");
        var choice = new TrainerChoice();
        choice.AddTo(command);
        ParseResult parsed = command.Parse(options);
        if (parsed.Errors.Count > 0)
            throw new ArgumentException($"--backbone '{wanted}': {string.Join(' ', parsed.Errors.Select(error => error.Message).Distinct())}");
        return choice.Options(parsed, CancellationToken.None);
    }

    private string Difference(BenchIdentity found)
        => found.Tool != Identity.Tool ? $"of version {found.Tool}; this is {Identity.Tool}"
            : found.Options != Identity.Options ? $"trained with {found.Options}"
            : found.Photographs != Identity.Photographs ? "of other photographs"
            : found.Backbone != Identity.Backbone ? "of another backbone file" : "of another schedule";

    private static T Read<T>(string path, Func<string, T?> parse)
    {
        try
        {
            return parse(File.ReadAllText(path)) ?? throw new JsonException("it is null.");
        }
        catch (JsonException e)
        {
            throw new FormatException($"'{path}' is damaged: {e.Message} Remove its folder to train the model again.", e);
        }
    }
}
