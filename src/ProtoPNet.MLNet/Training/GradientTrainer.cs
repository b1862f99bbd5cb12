using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>Runs warm-up and joint phases: Adam on the loss of augmented views.</summary>
internal sealed class GradientTrainer(TrainingSession session, PhaseProgress progress)
{
    private readonly ProtoPNetNetwork _network = session.Network;

    public void Run(GradientPhase phase)
    {
        int frozen = FrozenStages(phase);
        RenderedBatches fresh = session.Augmented(phase.Views, phase.BatchSize);
        using FeatureBank? bank = Fits(frozen, phase) ? Fill(fresh, frozen) : null;
        using FeatureBank? heldOut = bank is null || session.Images.Validation.Length == 0 ? null : Fill(session.Whole(session.Images.Validation), frozen);
        RunEpochs(phase, frozen, (IBatchSource?)bank ?? fresh, (IBatchSource?)heldOut ?? session.Whole(session.Images.Validation));
    }

    private void RunEpochs(GradientPhase phase, int frozen, IBatchSource source, IBatchSource validation)
    {
        NetworkArchitecture architecture = _network.Architecture;
        using var loss = new ProtoPNetLoss(session.Settings.Schedule.Loss, architecture.PrototypeClasses, architecture.Classes,
            architecture.PrototypeDepth * architecture.PrototypeHeight * architecture.PrototypeWidth, session.Settings.Device);
        Learn(phase, frozen);
        for (int epoch = 0; epoch < phase.Epochs; epoch++)
        {
            if (phase is Joint || BatchNormFollows(phase)) session.BackboneMoves();
            _network.Train(follow: BatchNormFollows(phase));
            EpochMetrics metrics = RunEpoch(phase, frozen, source, loss, epoch);
            session.Epochs++;
            if (phase is Joint) session.JointEpochs++;
            session.Evaluating();
            progress.EpochEnded(epoch, phase.Epochs, metrics with { ValidationAccuracy = Evaluation.Accuracy(session, validation) });
        }
        session.Evaluating();
    }

    private EpochMetrics RunEpoch(GradientPhase phase, int frozen, IBatchSource source, ProtoPNetLoss loss, int epoch)
    {
        using var scope = NewDisposeScope();
        var parts = new List<Tensor>();
        int done = 0;
        foreach (TrainingBatch batch in source.Epoch(session.Epochs, session.Settings.Cancellation))
        {
            session.Settings.CheckAlive();
            double phaseDone = (epoch + (double)done / source.Count) / phase.Epochs;
            Adam adam = session.Optimisers.For(phase, phase.Decay.Factor(phaseDone, phase is Joint ? session.JointEpochs : epoch));
            using var step = NewDisposeScope();
            parts.Add(Step(_network, batch, source.StagesDone, frozen, loss, adam).MoveToOuterDisposeScope());
            done += batch.Images.Length;
            progress.Advanced(epoch, phase.Epochs, done, source.Count);
        }
        float[] mean = [.. (stack(parts).sum(dim: 0) / done).cpu().data<float>()];
        if (!mean.All(float.IsFinite))
            throw new InvalidOperationException($"The loss is no longer a finite number in epoch {epoch + 1} of {phase.Name}: the learning rates are too high for this data.");
        return new(mean[0], mean[1], mean[2], mean[3], mean[4], mean[5], mean[6], null);
    }

    /// <summary>One step of Adam; returns the loss parts times the number of images, and the number that were right.</summary>
    public static Tensor Step(ProtoPNetNetwork network, TrainingBatch batch, int stagesDone, int frozen, ProtoPNetLoss loss, Adam adam)
    {
        adam.zero_grad();
        Tensor features = batch.Inputs;
        if (frozen > stagesDone)
            using (no_grad()) features = network.Features.Run(features, stagesDone, frozen);
        features = network.Features.Run(features, Math.Max(frozen, stagesDone), network.Features.StageCount);
        Tensor nearest = ProtoPNetNetwork.MinDistances(network.Distances(network.LatentOf(features)));
        LossTensors l = loss.Of(network.Logits(network.Similarity(nearest)), nearest, batch.Labels, network.LastLayer);
        l.Total.backward();
        adam.step();
        network.KeepPrototypesInSpace();
        using (no_grad())
            return cat([stack([l.Total, l.CrossEntropy, l.Cluster, l.Separation, l.AverageSeparation, l.L1]) * batch.Images.Length, l.Correct.unsqueeze(0)]);
    }

    /// <summary>The backbone's first stages that stand still in the phase. Where their statistics drift they must be run again all the same.</summary>
    private int FrozenStages(GradientPhase phase) => phase is Joint joint ? Math.Min(joint.FrozenStages, _network.Features.StageCount) : _network.Features.StageCount;

    private bool BatchNormFollows(GradientPhase phase) => session.Settings.Schedule.BatchNorm switch
    {
        BatchNormMode.Frozen => false,
        BatchNormMode.Follow => phase is Joint,
        _ => true,
    };

    private void Learn(GradientPhase phase, int frozen)
    {
        foreach (Parameter p in _network.parameters()) p.requires_grad = true;
        foreach (Parameter p in _network.Features.StageParameters(frozen)) p.requires_grad = false;
    }

    private bool Fits(int frozen, GradientPhase phase)
        => frozen > 0 && phase.Epochs > 1 && !BatchNormFollows(phase)
        && FeatureBank.Size(_network, frozen, (long)session.Images.Training.Length * phase.Views) <= session.Settings.FeatureBytes;

    private FeatureBank Fill(RenderedBatches views, int frozen)
    {
        session.Evaluating();
        return FeatureBank.Fill(session.Inference, frozen, views, session.Epochs, session.Settings.Seed, session.Settings.Device,
            _ => session.Settings.CheckAlive(), session.Settings.Cancellation);
    }
}
