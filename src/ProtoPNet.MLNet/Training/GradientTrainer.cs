using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>Runs the phases of stochastic gradient steps: Adam on the loss of augmented views.</summary>
internal sealed class GradientTrainer(TrainingSession session, PhaseProgress progress)
{
    private readonly ProtoPNetNetwork _network = session.Network;

    public void Run(GradientPhase phase)
    {
        int frozen = FrozenStages(phase);
        RenderedBatches fresh = session.Augmented(phase.Views, phase.BatchSize);
        using FeatureBank? bank = Fits(frozen, phase) ? Fill(fresh, frozen) : null;
        using FeatureBank? heldOut = bank is null || session.Images.Validation.Length == 0
            ? null
            : Fill(session.Whole(session.Images.Validation), frozen);
        RunEpochs(phase, frozen, (IBatchSource?)bank ?? fresh, (IBatchSource?)heldOut ?? session.Whole(session.Images.Validation));
    }

    private void RunEpochs(GradientPhase phase, int frozen, IBatchSource source, IBatchSource validation)
    {
        NetworkArchitecture architecture = _network.Architecture;
        using var loss = new ProtoPNetLoss(phase.Loss ?? session.Settings.Schedule.Loss, architecture.PrototypeClasses, architecture.Classes,
            architecture.PrototypeDepth * architecture.PrototypeHeight * architecture.PrototypeWidth, session.Settings.Device);
        EarlyStop? stop = phase is Joint { Patience: { } patience } ? new(session, progress, patience) : null;
        AnchoredTuning? tuning = phase as AnchoredTuning;
        using Anchors? anchors = tuning is null ? null : new(session);
        Freeze(frozen);
        new SteppedEpochs(session, progress, phase.Epochs).Run(source, Begin, Learn, Complete, () => stop?.IsOver == true);
        stop?.GoBack();
        session.Evaluating();

        void Begin()
        {
            if (phase is Joint || BatchNormFollows(phase)) session.BackboneMoves();
            _network.Train(follow: BatchNormFollows(phase), session.Settings.Schedule.Precision switch
            {
                TrainingPrecision.BFloat16 => ScalarType.BFloat16,
                _ => ScalarType.Float32,
            });
        }

        Tensor Learn(TrainingBatch batch, double done)
            => Step(_network, batch, source.StagesDone, frozen, Nearest(batch), loss, session.Optimisers.For(phase, RatesAt(phase, done)));

        Func<Tensor, Tensor> Nearest(TrainingBatch batch)
            => tuning is null ? _network.NearestOf
            : features => anchors!.Nearest(ChannelDropout.Of(features, tuning.Dropout, StepSeed()), batch);

        ulong StepSeed() => ViewSeed.Of(session.Settings.Seed, session.Epochs, -2, session.Losses.Count);

        EpochMetrics Complete(EpochMetrics metrics)
        {
            anchors?.Settle();
            metrics = metrics with
            {
                Rates = RatesAt(phase, (double)progress.Epochs.Count / phase.Epochs),
                ValidationAccuracy = Evaluation.Accuracy(session, validation),
            };
            return stop?.Measure(metrics) ?? metrics;
        }
    }

    private LearningRates RatesAt(GradientPhase phase, double done)
        => phase.Rates(phase.Decay.Factor(done, phase is Joint ? session.JointEpochs : progress.Epochs.Count));

    /// <summary>
    /// One step of Adam; returns the loss parts times the number of images, and the number that were right. <paramref name="nearest"/> makes the
    /// squared distances to the nearest patches (N × P) of the backbone's features.
    /// </summary>
    /// <exception cref="InvalidOperationException">The batch is too large for the memory.</exception>
    public static Tensor Step(
        ProtoPNetNetwork network, TrainingBatch batch, int stagesDone, int frozen, Func<Tensor, Tensor> nearest, ProtoPNetLoss loss, Adam adam)
    {
        try
        {
            return Descend(network, batch, stagesDone, frozen, nearest, loss, adam);
        }
        catch (Exception e) when (OutOfMemory.Is(e))
        {
            throw OutOfMemory.Explained(e, batch.Images.Length, network);
        }
    }

    private static Tensor Descend(
        ProtoPNetNetwork network, TrainingBatch batch, int stagesDone, int frozen, Func<Tensor, Tensor> nearest, ProtoPNetLoss loss, Adam adam)
    {
        adam.ZeroGradients();
        Tensor features = batch.Inputs;
        if (frozen > stagesDone)
            using (no_grad()) features = network.Features.Run(features, stagesDone, frozen);
        features = network.Features.Run(features, Math.Max(frozen, stagesDone), network.Features.StageCount);
        Tensor distances = nearest(features);
        LossTensors l = loss.Of(network.Logits(network.Similarity(distances)), distances, batch.Labels, network.LastLayer);
        l.Total.backward();
        adam.Step();
        network.KeepPrototypesInSpace();
        using (no_grad())
            return cat([
                stack([l.Total, l.CrossEntropy, l.Cluster, l.Separation, l.AverageSeparation, l.L1]).Times(batch.Images.Length),
                l.Correct.unsqueeze(0)]);
    }

    /// <summary>
    /// The backbone's first stages that stand still in the phase. Where their statistics drift they must be run again all the same.
    /// </summary>
    private int FrozenStages(GradientPhase phase)
        => phase is not Joint joint ? _network.Features.StageCount
        : session.Settings.IsPretrained ? Math.Min(joint.FrozenStages, _network.Features.StageCount - 1)
        : 0;

    /// <summary>Never in anchored tuning: its prototypes are patches of the backbone as it was.</summary>
    private bool BatchNormFollows(GradientPhase phase) => session.Settings.Schedule.BatchNorm switch
    {
        BatchNormMode.Frozen => false,
        BatchNormMode.Follow => phase is Joint,
        _ => phase is not AnchoredTuning,
    };

    private void Freeze(int frozen)
    {
        foreach (Parameter p in _network.parameters()) p.requires_grad = true;
        foreach (Parameter p in _network.Features.StageParameters(frozen)) p.requires_grad = false;
    }

    private bool Fits(int frozen, GradientPhase phase)
        => frozen > 0 && phase.Epochs > 1 && !BatchNormFollows(phase)
        && FeatureBank.Size(_network, frozen, (long)session.Images.Training.Length * phase.Views) <= session.Settings.FeatureBytes;

    /// <summary>Views are those of the phase's first epoch, also where it is resumed in a later one.</summary>
    private FeatureBank Fill(RenderedBatches views, int frozen)
    {
        session.Evaluating();
        Action<double> tell = progress.Prepares("computing features to keep");
        return FeatureBank.Fill(
            session.Inference, frozen, views, session.Epochs - progress.Epochs.Count, session.Settings.Seed, session.Settings.Device, Filled,
            session.Settings.Cancellation);

        void Filled(double done)
        {
            session.Settings.CheckAlive();
            tell(done);
        }
    }
}
