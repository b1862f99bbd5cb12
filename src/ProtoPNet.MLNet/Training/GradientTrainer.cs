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
        using FeatureBank? bank = Keeps(frozen, phase) ? Fill(fresh, frozen) : null;
        using FeatureBank? heldOut = bank is null || session.Unseen.Length == 0
            ? null
            : Fill(session.Whole(session.Unseen), frozen);
        RunEpochs(phase, frozen, (IBatchSource?)bank ?? fresh, (IBatchSource?)heldOut ?? session.Whole(session.Unseen));
    }

    private void RunEpochs(GradientPhase phase, int frozen, IBatchSource source, IBatchSource validation)
    {
        NetworkArchitecture architecture = _network.Architecture;
        using var loss = new ProtoPNetLoss(phase.Loss ?? session.Settings.Schedule.Loss, architecture.PrototypeClasses, architecture.Classes,
            architecture.PrototypeDepth * architecture.PrototypeHeight * architecture.PrototypeWidth, session.Settings.Device)
        {
            ImageWeights = session.Images.RelativeWeights(),
        };
        EarlyStop? stop = phase is Joint { Patience: { } patience } ? new(session, progress, patience) : null;
        AnchoredTuning? tuning = phase as AnchoredTuning;
        using Anchors? anchors = tuning is null ? null : new(session);
        Freeze(phase, frozen);
        new SteppedEpochs(session, progress, phase.Epochs).Run(source, Begin, Learn, Complete, () => stop?.IsOver == true);
        ForgetGradients();
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
            metrics = Evaluation.HeldOut(session, validation, loss).In(metrics) with
            {
                Rates = RatesAt(phase, (double)progress.Epochs.Count / phase.Epochs),
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
        LossTensors l = loss.Of(network.Logits(network.Similarity(distances)), distances, batch.Labels, network.LastLayer, batch.Images);
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

    /// <summary>What no optimiser of the phase moves has no gradient, which would cost time and pile up.</summary>
    private void Freeze(GradientPhase phase, int frozen)
    {
        foreach (Parameter p in _network.parameters()) p.requires_grad = true;
        foreach (Parameter p in _network.Features.StageParameters(frozen)) p.requires_grad = false;
        _network.PrototypeVectors.requires_grad = phase is not AnchoredTuning;
        _network.LastLayer.requires_grad = false;
    }

    /// <summary>Gradients of the last step are as large as what has learned; later phases need none of them.</summary>
    private void ForgetGradients()
    {
        foreach (Parameter p in _network.parameters()) p.grad = null;
    }

    /// <summary>Whether the features of the views, and those of the images that are held out, are worth keeping and fit.</summary>
    private bool Keeps(int frozen, GradientPhase phase)
    {
        if (frozen == 0 || phase.Epochs < 2 || BatchNormFollows(phase)) return false;
        long views = (long)session.Images.Training.Length * phase.Views + session.Unseen.Length;
        long needed = FeatureBank.Size(_network, frozen, views), limit = session.Settings.FeatureBytes;
        if (needed <= limit) return true;
        session.Settings.Note($"The features of {views} views in phase '{phase.Name}' need {Megabytes(needed)} MiB, more than the limit of "
            + $"{Megabytes(limit)} MiB (FeatureCacheMB): views are drawn anew in every epoch instead of once, and each epoch runs all stages.");
        return false;
    }

    /// <summary>Rounded up, so that this many are enough.</summary>
    private static long Megabytes(long bytes) => (bytes + (1 << 20) - 1) >> 20;

    /// <summary>Views are those of the phase's first epoch, also where it is resumed in a later one.</summary>
    private FeatureBank Fill(RenderedBatches views, int frozen)
    {
        session.Evaluating();
        return FeatureBank.Fill(
            session.Inference, frozen, views, session.Epochs - progress.Epochs.Count, session.Settings.Seed, session.Settings.Device,
            _ => session.Settings.CheckAlive(), session.Settings.Cancellation);
    }
}
