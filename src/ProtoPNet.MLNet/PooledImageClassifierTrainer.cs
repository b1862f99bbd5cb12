using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Native;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Persistence;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Training;
using ProtoPNet.MLNet.Training.Pooled;
using ProtoPNet.MLNet.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet;

/// <summary>
/// Trains the black box that a ProtoPNet is compared with: the same backbone, average pooling, and a linear layer (the baselines of the paper's table 1).
/// Photographs, augmentation, held-out images and the solver of the last layer are those of <see cref="ProtoPNetTrainer"/>.
/// </summary>
/// <remarks>
/// <para>Create it with <c>mlContext.MulticlassClassification.Trainers.PooledImageClassifier(...)</c>. Columns as with <see cref="ProtoPNetTrainer"/>,
/// but without similarities.</para>
/// </remarks>
public sealed partial class PooledImageClassifierTrainer : IEstimator<PooledImageClassifierTransformer>
{
    private readonly IHost _host;
    private readonly Options _options;

    internal PooledImageClassifierTrainer(IHostEnvironment environment, Options options)
    {
        _host = Contracts.CheckRef(environment, nameof(environment)).Register(nameof(PooledImageClassifierTrainer));
        _options = _host.CheckRef(options, nameof(options)).Checked(_host);
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => TrainerSchema.Scores(_host, inputSchema, _options.Columns, _options.Inputs);

    /// <summary>Trains on <paramref name="input"/>.</summary>
    /// <exception cref="OperationCanceledException">Training was cancelled.</exception>
    /// <exception cref="LibtorchUnavailableException">libtorch is missing.</exception>
    /// <exception cref="WeightsUnavailableException">Published weights cannot be downloaded.</exception>
    /// <exception cref="InvalidOperationException">The data are not suitable for training; the message says what to do.</exception>
    public PooledImageClassifierTransformer Fit(IDataView input)
    {
        _host.CheckValue(input, nameof(input));
        GetOutputSchema(SchemaShape.Create(input.Schema));
        Libtorch.Require();
        using IChannel channel = _host.Start("Training");
        var log = new TrainerLog(channel, _options.Progress);
        ClassLabels labels = ClassLabels.Of(input.Schema[_options.LabelColumnName]);
        if (labels.Names.Count < 2)
            throw _host.ExceptUserArg(nameof(input), $"The label column '{_options.LabelColumnName}' has fewer than two classes.");
        var watch = Stopwatch.StartNew();
        ulong seed = (ulong)(_options.Seed ?? _host.Rand.Next());
        Device device = ComputeDevice.Choose(_options.Device, _host);
        PooledNetwork network = Build(labels.Names.Count, seed);
        try
        {
            var reader = new TrainingDataReader(_options.Reading, CheckAlive, new Preparations(log.Progress, 1).Begin("reading photographs"));
            using TrainingImages images = reader.Read(input, labels.Names, ((IHostEnvironmentInternal)_host).TempFilePath, seed);
            log.Read(images, reader.Skipped);
            network.to(device);
            TrainingSchedule schedule = new()
            {
                Phases = [],
                Augmentation = _options.Schedule.Augmentation,
                Precision = _options.Schedule.FineTuning?.Precision ?? TrainingPrecision.Full,
            };
            var context = new TrainingContext(schedule, images, seed, device)
            {
                IsPretrained = !_options.Weights.AreRandom(_options.Backbone),
                Progress = log.Progress,
                Note = log.Warn,
                CheckAlive = CheckAlive,
                Cancellation = _options.CancellationToken,
            };
            PooledFit fit = new PooledTraining(context, _options.Schedule, network).Run();
            network.eval();
            var model = new TrainedPooledClassifier(network, labels.Names, device) { Temperature = fit.Temperature };
            return new(model, labels, _options.Columns, _options.BatchSize)
            {
                TrainingReport = new(
                    fit.Certificate, fit.Ridge, fit.HeldOutAccuracy, reader.Skipped, images.Training.Length, images.Validation.Length, watch.Elapsed),
            };
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private PooledNetwork Build(int classes, ulong seed)
    {
        PooledArchitecture architecture = _options.Architecture(classes);
        var network = new PooledNetwork(architecture, RandomStreams.Random(seed, RandomStream.Weights));
        if (_options.Weights == PretrainedWeights.None) architecture.Backbone.Fill(network.Features);
        if (_options.Weights.Earlier() is { } earlier)
        {
            using (earlier) earlier.LoadBackbone(network.Features, architecture.Backbone, architecture.Stages);
            return network;
        }
        if (_options.Weights.Locate(architecture.Backbone, null, _options.CancellationToken) is not { } path) return network;
        using TensorFile file = TensorFiles.Open(path);
        TorchvisionWeights.Load(network.Features, file.Tensors.Select(t => t.Name), file.Load, path);
        return network;
    }

    private void CheckAlive()
    {
        _host.CheckAlive();
        _options.CancellationToken.ThrowIfCancellationRequested();
    }
}

/// <summary>The report of training a classifier without prototypes.</summary>
/// <param name="LastLayer">Proof of the linear layer's optimum, before its division by the temperature.</param>
/// <param name="Ridge">μ, the ridge on the weights of standardised features.</param>
/// <param name="ValidationAccuracy">The share of held-out images classified correctly before the layer was fitted to them; null if there were none.</param>
/// <param name="Skipped">Images that could not be used.</param>
/// <param name="TrainingImages">Images to learn from.</param>
/// <param name="ValidationImages">Held-out images.</param>
/// <param name="Elapsed">The time it took.</param>
public sealed record PooledTrainingReport(
    LastLayerCertificate LastLayer, double Ridge, double? ValidationAccuracy, IReadOnlyList<SkippedImage> Skipped, int TrainingImages,
    int ValidationImages, TimeSpan Elapsed);
