using System.CommandLine;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Training;

namespace ProtoPNet.Cli;

/// <summary>The options that become <see cref="ProtoPNetTrainer.Options"/>; what is not given stays the library's default.</summary>
internal sealed class TrainerChoice
{
    private static readonly ProtoPNetTrainer.Options Defaults = new();

    private readonly BackboneChoice _backbone = new();
    private readonly Option<int?> _stages = Ask.WholeOrNot("--stages", "Cut the backbone after so many stages (ResNet: 3 gives stride 16).");
    private readonly Option<string?> _weights = new("--weights", "--init")
    {
        Description = "A file of backbone weights, or an earlier model to go on from (model.zip or an exported state dict), "
            + "'imagenet' to fetch the published ones, 'none' for random ones; "
            + "otherwise those that come with the backbone, of which dnn-resnet18 and files .onnx have some.",
    };
    private readonly Option<int> _imageSize = Ask.Whole("--image-size", "Pixels of the input's side.", Defaults.ImageSize);
    private readonly Option<int> _perClass = Ask.Whole("--prototypes-per-class", "Prototypes of each class.", Defaults.PrototypesPerClass);
    private readonly Option<int> _depth = Ask.Whole("--depth", "Channels of a prototype.", Defaults.PrototypeDepth);
    private readonly Option<LatentSpace> _space = Ask.OneOf(
        "--latent-space", "sphere (patches compared by cosine) or cube (by distance, as published).", Defaults.LatentSpace);
    private readonly Option<string> _schedule = Of(
        "--schedule", "default, paper (with --latent-space cube it is as published), or a file of JSON.", "default");
    private readonly Option<double> _validation = Ask.Number(
        "--validation",
        "Share of the training photographs that is held out for choices (λ, early stopping); "
        + "0: the schedule's own values, and all photographs to learn from.",
        Defaults.ValidationFraction);
    private readonly Option<string> _classWeights = Of(
        "--class-weights", "equal (each photograph counts the same) or balanced (each class does, however few photographs it has).", "equal");
    private readonly Option<int> _seed = Ask.Whole("--seed", "The same seed gives the same model.", 1);
    private readonly Option<string> _device = Of("--device", "cpu, cuda, or cuda:0 and so on.", "cpu");

    public TrainerChoice() => _classWeights.AcceptOnlyFromAmong("equal", "balanced");

    public void AddTo(Command command)
    {
        _backbone.AddTo(command);
        foreach (Option option in (Option[])
            [_stages, _weights, _imageSize, _perClass, _depth, _space, _schedule, _validation, _classWeights, _seed, _device])
            command.Add(option);
    }

    public ProtoPNetTrainer.Options Options(ParseResult parsed, CancellationToken cancellation) => new()
    {
        Backbone = _backbone.Of(parsed),
        Stages = parsed.GetValue(_stages),
        Weights = Weights(parsed.GetValue(_weights)),
        ImageSize = parsed.GetValue(_imageSize),
        PrototypesPerClass = parsed.GetValue(_perClass),
        PrototypeDepth = parsed.GetValue(_depth),
        LatentSpace = parsed.GetValue(_space),
        Schedule = Schedule(parsed.GetRequiredValue(_schedule)),
        ValidationFraction = parsed.GetValue(_validation),
        ClassWeights = parsed.GetValue(_classWeights) == "balanced" ? ClassWeights.Balanced : ClassWeights.Equal,
        Seed = parsed.GetValue(_seed),
        Device = parsed.GetValue(_device),
        ImageIdColumnName = nameof(Photograph.ImageId),
        CancellationToken = cancellation,
    };

    private static Option<T> Of<T>(string name, string description, T initial)
        => new(name) { Description = description, DefaultValueFactory = _ => initial };

    private static PretrainedWeights Weights(string? wanted) => wanted switch
    {
        null or "none" => PretrainedWeights.None,
        "imagenet" => PretrainedWeights.ImageNet,
        _ => PretrainedWeights.File(new FileInfo(wanted).Existing("file of weights")),
    };

    private static TrainingSchedule Schedule(string wanted) => wanted switch
    {
        "default" => TrainingSchedule.Default,
        "paper" => TrainingSchedule.Paper,
        _ when File.Exists(wanted) => FromFile(wanted),
        _ => throw new FileNotFoundException($"--schedule is '{wanted}': neither 'default' nor 'paper', and there is no such file.", wanted),
    };

    private static TrainingSchedule FromFile(string path)
    {
        try
        {
            return TrainingSchedule.FromJson(File.ReadAllText(path));
        }
        catch (FormatException e)
        {
            throw new FormatException($"--schedule '{path}': {e.Message}", e);
        }
    }
}
