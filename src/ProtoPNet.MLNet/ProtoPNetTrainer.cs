using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ProtoPNet.MLNet.Columns;
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
/// Trains a ProtoPNet (Chen et al., "This Looks Like That", NeurIPS 2019): a classifier of images that points at the parts
/// of training images that it goes by.
/// </summary>
/// <remarks>
/// <para>Create it with <c>mlContext.MulticlassClassification.Trainers.ProtoPNet(...)</c>.</para>
/// <para>Input and output columns:</para>
/// <list type="table">
/// <item><term>Label (in)</term><description>key type</description></item>
/// <item><term>Image (in)</term><description><see cref="MLImage"/>, or the vector of bytes that <c>LoadRawImageBytes</c> gives</description></item>
/// <item><term>Score (out)</term><description>vector of K probabilities</description></item>
/// <item><term>PredictedLabel (out)</term><description>key</description></item>
/// <item><term>Similarities (out)</term><description>vector of P similarities, one for each prototype</description></item>
/// </list>
/// <para>Trainer characteristics: multiclass classification; no normalisation and no caching needed (decoded images are kept within
/// <see cref="Options.CacheLimitMB"/>); not exportable by <c>ConvertToOnnx</c>.</para>
/// </remarks>
public sealed partial class ProtoPNetTrainer : IEstimator<ProtoPNetTransformer>
{
    /// <summary>Images of fewer pixels than this, either way, are no photographs.</summary>
    internal const int SmallestImage = 8;

    private readonly IHost _host;
    private readonly Options _options;

    internal ProtoPNetTrainer(IHostEnvironment environment, Options options)
    {
        _host = Contracts.CheckRef(environment, nameof(environment)).Register(nameof(ProtoPNetTrainer));
        _options = _host.CheckRef(options, nameof(options)).Checked(_host);
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
        => TrainerSchema.Output(_host, inputSchema, _options.Columns, _options.Inputs);

    /// <summary>Trains on <paramref name="input"/>.</summary>
    /// <exception cref="OperationCanceledException">Training was cancelled; a checkpoint was written where <see cref="Options.CheckpointFolder"/>
    /// names a folder.</exception>
    /// <exception cref="CheckpointException">The checkpoint there is damaged, or of an unfinished run of other options or images.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on; the message says what to do.</exception>
    public ProtoPNetTransformer Fit(IDataView input)
    {
        _host.CheckValue(input, nameof(input));
        GetOutputSchema(SchemaShape.Create(input.Schema));
        using IChannel channel = _host.Start("Training");
        TrainerLog log = new(channel, _options.Progress);
        ClassLabels labels = ClassLabels.Of(input.Schema[_options.LabelColumnName]);
        if (labels.Names.Count < 2)
            throw _host.ExceptUserArg(nameof(input),
                $"The label column '{_options.LabelColumnName}' has {labels.Names.Count} class; at least two are needed.");

        using Checkpoint? found = Checkpoint.Find(_options.CheckpointFolder);
        ulong seed = _options.Seed is null && found is { Description.IsFinished: false }
            ? found.Description.Seed
            : (ulong)(_options.Seed ?? _host.Rand.Next());
        IReadOnlyDictionary<string, string> fingerprint = _options.Fingerprint(seed, labels.Names);
        bool goesOn = found?.Fits(fingerprint) == true;
        var reader = new TrainingDataReader(_options);
        using TrainingImages images = reader.Read(input, labels.Names, TemporaryFolder(), seed, CheckAlive);
        log.Read(images, reader.Skipped);
        CheckpointWriter? checkpoints = null;
        if (_options.CheckpointFolder is { } folder)
        {
            var identity = new RunImages(images);
            goesOn = goesOn && found!.Fits(identity);
            checkpoints = new(folder, _options.CheckpointEvery, fingerprint, identity, log.Warn);
        }

        Device device = ComputeDevice.Choose(_options.Device, _host);
        ProtoPNetNetwork network = goesOn ? found!.Network(_options.Architecture(labels.Names.Count)) : Build(labels.Names.Count, seed);
        network.to(device);
        try
        {
            var settings = new TrainingSettings(
                _options.Schedule, seed, device, _options.FeatureCacheMB * (1L << 20),
                log.Progress, CheckAlive, _options.CancellationToken, checkpoints)
            {
                IsPretrained = _options.Weights != PretrainedWeights.None,
                Note = log.Warn,
            };
            using var session = new TrainingSession(network, images, settings);
            if (goesOn)
            {
                found!.Restore(session);
                log.GoesOn(found.Description);
            }
            found?.Dispose(); // It is about to be replaced.
            TrainingRun.Run(session, report => PhaseEnded(session, labels, report, log));
            IReadOnlyList<Prototype> prototypes = PrototypeCatalogue.Describe(session, labels.Names);
            if (_options.Schedule.BatchNorm == BatchNormMode.Drift) log.Drifted(session);
            else ProjectionCheck.Run(session);
            return Transformer(new TrainedProtoPNet(session.HandOver(), labels.Names, prototypes, device) { Penalties = session.Penalties }, labels,
                new TrainingReport([.. session.Ended], reader.Skipped, images.Training.Length, images.Validation.Length, session.Clock.Elapsed));
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private ProtoPNetNetwork Build(int classes, ulong seed)
    {
        NetworkArchitecture architecture = _options.Architecture(classes);
        var network = new ProtoPNetNetwork(architecture, RandomStreams.Random(seed, RandomStream.Weights));
        if (_options.Weights.Locate(architecture.Backbone, null, _options.CancellationToken) is { } path)
        {
            using TensorFile file = TensorFiles.Open(path);
            TorchvisionWeights.Load(network.Features, file.Tensors.Select(t => t.Name), file.Load, path);
        }
        return network;
    }

    private void PhaseEnded(TrainingSession session, ClassLabels labels, PhaseReport report, TrainerLog log)
    {
        log.PhaseEnded(report);
        if (_options.PhaseEnded is not { } tell) return;
        var model = new TrainedProtoPNet(
            session.Network, labels.Names, PrototypeCatalogue.Unplaced(session.Network.Architecture, labels.Names), session.Settings.Device);
        tell(new PhaseResult(report, Transformer(model, labels, null)));
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
