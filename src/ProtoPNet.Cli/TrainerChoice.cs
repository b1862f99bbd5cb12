using System.CommandLine;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Training;

namespace ProtoPNet.Cli;

/// <summary>The options that become <see cref="ProtoPNetTrainer.Options"/>; omitted options keep the library's defaults.</summary>
internal sealed class TrainerChoice
{
    private const string Frozen = "frozen", ManyClasses = "many-classes", Default = "default", Paper = "paper", Random = "none";

    private static readonly ProtoPNetTrainer.Options Defaults = new();

    private readonly BackboneChoice _backbone = new();
    private readonly Option<int?> _stages = Ask.WholeOrNot("--stages", "The number of backbone stages to keep (ResNet: 3 gives stride 16).");
    private readonly Option<string?> _weights = new("--weights", "--init")
    {
        Description = "The backbone weights: a file, an earlier model to continue from (model.zip or an exported state dict), 'imagenet' to download "
            + "the published ones, 'none' for random ones; by default those that come with the backbone, if any (dnn-resnet18, .onnx files), which "
            + "always starts from them or an earlier model. What of "
            + "--backbone, --stages, --image-size, --prototypes-per-class, --depth, --latent-space and --object-mask is not given is then as in the earlier model.",
    };
    private readonly Option<int?> _imageSize = Ask.WholeOrNot(
        "--image-size", $"The side of the input in pixels; {Defaults.ImageSize} unless given.");
    private readonly Option<int?> _perClass = Ask.WholeOrNot(
        "--prototypes-per-class", $"The number of prototypes per class at the start; {Defaults.PrototypesFor(2)} unless given, "
        + $"{Defaults.PrototypesFor(TrainingSchedule.ManyFrom)} from {TrainingSchedule.ManyFrom} classes on.");
    private readonly Option<int?> _depth = Ask.WholeOrNot(
        "--depth", $"The number of channels of a prototype; {Defaults.DepthFor(2)} unless given, "
        + $"{Defaults.DepthFor(TrainingSchedule.ManyFrom)} from {TrainingSchedule.ManyFrom} classes on.");
    private readonly Option<LatentSpace?> _space = Ask.OneOfOrNot<LatentSpace>(
        "--latent-space", "The latent space: sphere (cosine similarity) or cube (distance, as published); sphere unless given.");
    private readonly Option<bool?> _mask = new("--object-mask")
    {
        Description = "Whether prototypes see only the object (true), or the background too (false, as published); "
            + "by default true, but false with --schedule paper and with random weights.",
    };
    private readonly Option<string?> _schedule = new("--schedule")
    {
        Description = "The schedule: frozen (the backbone learns before the prototypes do), many-classes (its last two stages learn), default (it learns), paper (as "
            + "published with --latent-space cube), or a JSON file. Unless given: default, or, if the backbone brings its weights, frozen below "
            + $"{TrainingSchedule.ManyFrom} classes and many-classes from there on.",
    };
    private readonly Option<double> _validation;
    private readonly Option<string> _classWeights = Of(
        "--class-weights", "The class weights: equal (each photograph counts the same) or balanced (each class counts the same).", "equal");
    private readonly Option<int> _seed = Ask.Whole("--seed", "The random seed; the same seed gives the same model.", 1);
    private readonly Option<int> _featureMemory = Ask.Whole(
        "--feature-memory", "Memory for kept features of photographs and their views, in MiB; what does not fit goes to a file.",
        Defaults.FeatureCacheMB, 0, int.MaxValue);
    private readonly Option<int> _featureDisk = Ask.Whole(
        "--feature-disk", "Disk space for kept features, in MiB; what fits neither there nor in memory is computed again in every epoch.",
        Defaults.FeatureDiskMB, 0, int.MaxValue);
    private readonly Option<DirectoryInfo?> _featureCache = new("--feature-cache")
    {
        Description = "A folder in which kept features stay, to be reused by later runs with the same backbone, photographs and views; "
            + "by default they are in a temporary file.",
    };
    private readonly Option<string> _device = Of("--device", "The device: cpu, cuda, or cuda:0 and so on.", "cpu");

    /// <param name="heldOut">The share of training photographs that is held out unless another is given; null: the library's default.</param>
    public TrainerChoice(double? heldOut = null)
    {
        _validation = Ask.Number(
            "--validation",
            "The share of training photographs held out for choices (λ, early stopping) and for the temperature of probabilities; "
            + "0: use the schedule's own values and train on all photographs.",
            heldOut ?? Defaults.ValidationFraction);
        _classWeights.AcceptOnlyFromAmong("equal", "balanced");
    }

    public void AddTo(Command command)
    {
        _backbone.AddTo(command);
        foreach (Option option in (Option[])
            [_stages, _weights, _imageSize, _perClass, _depth, _space, _mask, _schedule, _validation, _classWeights, _seed, _featureMemory,
            _featureDisk, _featureCache, _device])
            command.Add(option);
    }

    /// <exception cref="StateDictMismatchException">The model to continue from has another backbone.</exception>
    public ProtoPNetTrainer.Options Options(ParseResult parsed, CancellationToken cancellation)
    {
        PretrainedWeights weights = Weights(parsed.GetValue(_weights));
        using EarlierModel? earlier = weights.Earlier();
        NetworkArchitecture? before = earlier?.Architecture;
        Backbone backbone = _backbone.Of(parsed, earlier?.Backbone);
        if (parsed.GetValue(_weights) == Random && backbone.BringsWeights)
            throw new ArgumentException($"--weights {Random} asks for random weights, but '{backbone}' always starts from its own. Leave the option out, or "
                + "choose a backbone of torchvision's, such as resnet18.");
        int? stages = parsed.GetValue(_stages) ?? (earlier?.Stages is { } left && left < backbone.Stages ? left : null);
        earlier?.Check(backbone, stages);
        return new()
        {
            Backbone = backbone,
            Stages = stages,
            Weights = weights,
            ImageSize = parsed.GetValue(_imageSize) ?? (earlier?.ImageSize is > 0 and var size ? size : Defaults.ImageSize),
            PrototypesPerClass = parsed.GetValue(_perClass) ?? PerClass(before),
            PrototypeDepth = parsed.GetValue(_depth) ?? before?.PrototypeDepth,
            LatentSpace = parsed.GetValue(_space) ?? before?.LatentSpace ?? Defaults.LatentSpace,
            ObjectMask = parsed.GetValue(_mask) ?? before?.ObjectMask,
            AddOnLayers = before?.AddOnLayers ?? Defaults.AddOnLayers,
            PrototypeHeight = before?.PrototypeHeight ?? Defaults.PrototypeHeight,
            PrototypeWidth = before?.PrototypeWidth ?? Defaults.PrototypeWidth,
            Similarity = before?.Similarity ?? Defaults.Similarity,
            Schedule = parsed.GetValue(_schedule) is { } schedule ? Schedule(schedule) : null,
            ValidationFraction = parsed.GetValue(_validation),
            ClassWeights = parsed.GetValue(_classWeights) == "balanced" ? ClassWeights.Balanced : ClassWeights.Equal,
            Seed = parsed.GetValue(_seed),
            FeatureCacheMB = parsed.GetValue(_featureMemory),
            FeatureDiskMB = parsed.GetValue(_featureDisk),
            FeatureCacheFolder = parsed.GetValue(_featureCache)?.FullName,
            Device = parsed.GetValue(_device),
            ImageIdColumnName = nameof(Photograph.ImageId),
            CancellationToken = cancellation,
        };
    }

    /// <summary>The number of prototypes of each class; null if they differ.</summary>
    private static int? PerClass(NetworkArchitecture? before)
        => before?.PrototypeClasses.CountBy(k => k).Select(n => n.Value).Distinct().ToArray() is [var same] ? same : null;

    private static Option<T> Of<T>(string name, string description, T initial)
        => new(name) { Description = description, DefaultValueFactory = _ => initial };

    private static PretrainedWeights Weights(string? wanted) => wanted switch
    {
        null or Random => PretrainedWeights.None,
        "imagenet" => PretrainedWeights.ImageNet,
        _ => PretrainedWeights.File(new FileInfo(wanted).Existing("weights file")),
    };

    private static TrainingSchedule Schedule(string wanted) => wanted switch
    {
        Frozen => TrainingSchedule.FrozenBackbone,
        ManyClasses => TrainingSchedule.ManyClasses,
        Default => TrainingSchedule.Default,
        Paper => TrainingSchedule.Paper,
        _ when File.Exists(wanted) => FromFile(wanted),
        _ => throw new FileNotFoundException(
            $"--schedule is '{wanted}': neither 'frozen', 'many-classes', 'default' nor 'paper', and there is no such file.", wanted),
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
