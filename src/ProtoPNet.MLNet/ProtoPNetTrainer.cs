using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Native;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Persistence;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Training;
using ProtoPNet.MLNet.Training.Checkpoints;
using ProtoPNet.MLNet.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet;

/// <summary>
/// Trains a ProtoPNet (Chen et al., "This Looks Like That", NeurIPS 2019): an image classifier that explains its decisions by parts of training
/// images.
/// </summary>
/// <remarks>
/// <para>Create it with <c>mlContext.MulticlassClassification.Trainers.ProtoPNet(...)</c>.</para>
/// <para>Input and output columns:</para>
/// <list type="table">
/// <item><term>Label (in)</term><description>key type</description></item>
/// <item><term>Image (in)</term><description><see cref="MLImage"/>, as from <c>LoadPhotographs</c>, or the vector of bytes from
/// <c>LoadRawImageBytes</c></description></item>
/// <item><term>Score (out)</term><description>vector of K probabilities</description></item>
/// <item><term>PredictedLabel (out)</term><description>key</description></item>
/// <item><term>Similarities (out)</term><description>vector of P similarities, one for each prototype</description></item>
/// <item><term>Familiarity (out)</term><description>how familiar the photograph looks; see <see cref="ProtoPNetTransformer"/></description></item>
/// </list>
/// <para>Trainer characteristics: multiclass classification; no normalisation and no caching needed (decoded images are kept within
/// <see cref="ImageTrainerOptions.CacheLimitMB"/>); not exportable by <c>ConvertToOnnx</c>.</para>
/// </remarks>
public sealed partial class ProtoPNetTrainer : ITrainerEstimator<ProtoPNetTransformer, ProtoPNetModelParameters>
{
    private readonly IHost _host;
    private readonly Options _options;

    internal ProtoPNetTrainer(IHostEnvironment environment, Options options)
    {
        _host = Contracts.CheckRef(environment, nameof(environment)).Register(nameof(ProtoPNetTrainer));
        _options = _host.CheckRef(options, nameof(options)).Checked(_host);
    }

    /// <summary>The trainer's properties for ML.NET's tools: needs neither normalisation nor caching, and supports a validation set.</summary>
    public TrainerInfo Info { get; } = TrainerSchema.Info;

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
        => TrainerSchema.Output(_host, inputSchema, _options.Columns, _options.Inputs);

    /// <summary>Trains on <paramref name="input"/>.</summary>
    /// <exception cref="OperationCanceledException">Training was cancelled; a checkpoint was written if <see cref="Options.CheckpointFolder"/>
    /// is set.</exception>
    /// <exception cref="CheckpointException">The checkpoint is damaged, or from an unfinished run with different options or images.</exception>
    /// <exception cref="LibtorchUnavailableException">libtorch is missing. Like device and weights, this is checked before any photograph is
    /// read.</exception>
    /// <exception cref="WeightsUnavailableException">Published weights cannot be downloaded.</exception>
    /// <exception cref="IOException">The checkpoint folder cannot be written to, or another run is writing to it.</exception>
    /// <exception cref="InvalidOperationException">The data are not suitable for training; the message says what to do.</exception>
    public ProtoPNetTransformer Fit(IDataView input)
    {
        _host.CheckValue(input, nameof(input));
        GetOutputSchema(SchemaShape.Create(input.Schema));
        Libtorch.Require();
        using IChannel channel = _host.Start("Training");
        using var shown = new TrainingChannel(_host.StartProgressChannel("Training"));
        TrainerLog log = new(channel, (Action<TrainingProgress>)shown.Tell + _options.Progress);
        ClassLabels labels = ClassLabels.Of(input.Schema[_options.LabelColumnName]);
        if (labels.Names.Count < 2)
            throw _host.ExceptUserArg(nameof(input), IsEmpty(input)
                ? "The training data has no rows."
                : $"The label column '{_options.LabelColumnName}' has one class, '{labels.Names[0]}'; at least two are needed.");

        using HeldFolder? held = _options.CheckpointFolder is { } kept ? HeldFolder.Take(kept) : null;
        using Checkpoint? found = Checkpoint.Find(_options.CheckpointFolder);
        TrainingSchedule schedule = _options.ScheduleFor(labels.Names.Count);
        ulong seed = _options.Seed is null && found is { Description.IsFinished: false }
            ? found.Description.Seed
            : (ulong)(_options.Seed ?? _host.Rand.Next());
        IReadOnlyDictionary<string, string> fingerprint = _options.Fingerprint(seed, labels.Names);
        bool goesOn = found?.Fits(fingerprint) == true;
        // Checked before photographs are read, since reading takes long.
        Device device = ComputeDevice.Choose(_options.Device, _host);
        if (!goesOn) log.Begins(_options.Architecture(labels.Names.Count), _options.Weights, device, seed);
        (ProtoPNetNetwork network, Inheritance? inherited) = goesOn
            ? (found!.Network(_options.Architecture(labels.Names.Count)), null)
            : Build(labels.Names, seed);
        TrainingState state = new(network);
        try
        {
            Action<double> read = new Preparations(log.Progress, schedule.Phases.Count).Begin("reading photographs");
            var reader = new TrainingDataReader(_options.Reading, CheckAlive, read);
            using TrainingImages images = reader.Read(input, labels.Names, TemporaryFolder(), seed);
            log.Read(images, reader.Skipped);
            CheckpointWriter? checkpoints = null;
            if (_options.CheckpointFolder is { } folder)
            {
                var identity = new RunIdentity(schedule, seed, fingerprint, new(images));
                if (goesOn && !found!.Fits(identity.Images))
                {
                    goesOn = false;
                    state.Dispose();
                    (network, inherited) = Build(labels.Names, seed);
                    state = new(network);
                }
                checkpoints = new(folder, _options.CheckpointEvery, identity, log.Warn);
            }
            state.Network.to(device);
            if (inherited is not null) log.Inherits(inherited);
            var context = new TrainingContext(schedule, images, seed, device)
            {
                Forbidden = Forbidden(images, state.Network.Architecture),
                Placed = (inherited?.Prototypes.Keys ?? []).ToHashSet(),
                Features = new(_options.FeatureCacheMB * (1L << 20), _options.FeatureDiskMB * (1L << 20), TemporaryFolder())
                {
                    KeptFolder = _options.FeatureCacheFolder,
                },
                IsPretrained = !_options.Weights.AreRandom(_options.Backbone),
                Progress = log.Progress,
                Note = log.Warn,
                CheckAlive = CheckAlive,
                Cancellation = _options.CancellationToken,
            };
            if (goesOn)
            {
                found!.Restore(state, schedule, images.Count);
                checkpoints!.Continue(found.Description.Place);
                log.GoesOn(TrainingCheckpoint.Of(found.Path, found.Description));
            }
            found?.Dispose(); // It will be replaced.
            using TrainingLoop training = new(context, state, checkpoints);
            training.EstimateTime();
            training.Run(report => PhaseEnded(state, labels, report, log));
            PatchesNow patches = training.PatchesAtTheEnd;
            if (schedule.BatchNorm == BatchNormMode.Drift) log.Drifted(patches.Distances);
            else training.Patches.Check(patches);
            return Transformer(Trained(state, labels, images, patches, device), labels,
                new TrainingReport([.. state.Ended], reader.Skipped, images.Training.Length, images.Validation.Length, state.Clock.Elapsed));
        }
        finally
        {
            state.Dispose();
        }
    }

    private ForbiddenPlaces Forbidden(TrainingImages images, NetworkArchitecture architecture)
    {
        using EarlierModel? earlier = _options.Weights.Earlier();
        return earlier is null ? ForbiddenPlaces.None
            : ForbiddenPlaces.Of(images, earlier.Forbidden, earlier.ImageSize, architecture);
    }

    private static TrainedProtoPNet Trained(TrainingState state, ClassLabels labels, TrainingImages images, PatchesNow patches, Device device)
    {
        NetworkArchitecture architecture = state.Network.Architecture;
        IEnumerable<Prototype> prototypes = PrototypeCatalogue.Unplaced(architecture, labels.Names).Select(prototype =>
        {
            PlacedPrototype place = state.Projected[prototype.Index] with { Features = patches.Features[prototype.Index] };
            (TrainingImage image, RgbImage picture) = (images[place.Image], images.Pixels.Get(place.Image));
            return prototype with { Source = PrototypeCatalogue.Source(image.Row, image.Id, picture, place, architecture) };
        });
        return new(state.HandOver(), labels.Names, [.. prototypes], device) { Penalties = state.Penalties, UsualFamiliarity = state.UsualFamiliarity };
    }

    private static bool IsEmpty(IDataView data)
    {
        using DataViewRowCursor cursor = data.GetRowCursor([]);
        return !cursor.MoveNext();
    }

    private (ProtoPNetNetwork Network, Inheritance? Inherited) Build(IReadOnlyList<string> classNames, ulong seed)
    {
        NetworkArchitecture architecture = _options.Architecture(classNames.Count);
        var network = new ProtoPNetNetwork(architecture, RandomStreams.Random(seed, RandomStream.Weights));
        if (_options.Weights == PretrainedWeights.None) architecture.Backbone.Fill(network.Features);
        if (_options.Weights.Earlier() is { } earlier)
            using (earlier) return (network, earlier.Load(network, classNames));
        if (_options.Weights.Locate(architecture.Backbone, null, _options.CancellationToken) is not { } path) return (network, null);
        using TensorFile file = TensorFiles.Open(path);
        TorchvisionWeights.Load(network.Features, file.Tensors.Select(t => t.Name), file.Load, path);
        return (network, null);
    }

    private void PhaseEnded(TrainingState state, ClassLabels labels, PhaseReport report, TrainerLog log)
    {
        log.PhaseEnded(report);
        if (_options.PhaseEnded is not { } tell) return;
        var model = new TrainedProtoPNet(
            state.Network, labels.Names, PrototypeCatalogue.Unplaced(state.Network.Architecture, labels.Names), state.Network.PrototypeVectors.device)
        {
            OwnsNetwork = false,
        };
        ProtoPNetTransformer transformer = Transformer(model, labels, null);
        try
        {
            tell(new PhaseResult(report, transformer));
        }
        finally
        {
            transformer.DisposeAndWait();
        }
    }

    private ProtoPNetTransformer Transformer(TrainedProtoPNet model, ClassLabels labels, TrainingReport? report)
        => new(model, labels, _options.Columns, _options.BatchSize) { TrainingReport = report };

    private void CheckAlive()
    {
        _host.CheckAlive();
        _options.CancellationToken.ThrowIfCancellationRequested();
    }

    private string TemporaryFolder() => ((IHostEnvironmentInternal)_host).TempFilePath;
}
