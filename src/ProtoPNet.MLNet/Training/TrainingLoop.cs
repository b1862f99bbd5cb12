using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Native;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Pruning;
using ProtoPNet.MLNet.Training.Checkpoints;
using ProtoPNet.MLNet.Training.Estimates;
using ProtoPNet.MLNet.Training.Features;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>
/// Training, top to bottom: schedule → phase → epoch → step. Inputs are in <see cref="TrainingContext"/>, everything that changes is in
/// <see cref="TrainingState"/>. Training can stop between any two steps and resume there in another process.
/// </summary>
internal sealed class TrainingLoop : IDisposable
{
    private const int ShownImages = 10;

    private readonly TrainingContext _context;
    private readonly TrainingState _state;
    private readonly CheckpointWriter? _checkpoints;
    private readonly TrainingViews _views;
    private readonly FeatureKeeper _keeper;
    private readonly Evaluation _evaluation;
    private readonly PrototypeRemover _remover;
    private RunEstimate? _estimate;
    private PatchesNow? _atTheEnd;

    /// <param name="context">The inputs of training.</param>
    /// <param name="state">The state to start from; training resumes there if a checkpoint has been restored.</param>
    /// <param name="checkpoints">Writes checkpoints; null for none.</param>
    public TrainingLoop(TrainingContext context, TrainingState state, CheckpointWriter? checkpoints = null)
    {
        (_context, _state, _checkpoints) = (context, state, checkpoints);
        _views = new(context, state.Network.Architecture.ImageSize, state.Network.Architecture.Backbone.Normalisation);
        _keeper = new(context, _views);
        _evaluation = new(context, state, _views, _keeper);
        _remover = new(context, state, _evaluation);
        Patches = new(context, state, _views);
    }

    /// <summary>The patches that prototypes were projected onto.</summary>
    public PlacedPatches Patches { get; }

    /// <summary>How they are when all phases have ended.</summary>
    public PatchesNow PatchesAtTheEnd => _atTheEnd ??= Patches.Look();

    public void Dispose() => _evaluation.Dispose();

    /// <summary>Measures on a few views how fast this machine is, and tells how long training will take; later progress corrects it.</summary>
    public void EstimateTime()
    {
        if (_state.Ended.Count == _context.Schedule.Phases.Count) return;
        IReadOnlyList<PhaseWork> work = PhaseWork.Of(
            _context.Schedule, _context.Images.Training.Length, _context.Images.Validation.Length, FrozenStages);
        _estimate = new(work, new TimeMeasurement(_context, _state, _views).Run([.. work.SelectMany(phase => phase.Views.Keys).Distinct()]));
        _context.Progress(PhaseProgress.Estimated(_context, _state, _estimate));
    }

    // ------------------------------------------------------------------------------------------------------------------------------ schedule

    /// <summary>
    /// Runs the remaining phases. Writes a checkpoint at the beginning and after each phase; <paramref name="phaseEnded"/> receives every phase
    /// that ends in this process.
    /// </summary>
    public void Run(Action<PhaseReport> phaseEnded)
    {
        if (_context.Schedule.StopsEarly && _context.Images.Validation.Length == 0)
            throw new InvalidOperationException(
                "The schedule stops a joint phase early by the accuracy of held-out images, but none are held out: the classes are too small. "
                + "Add images, or set Patience to null.");
        if (!_state.HasBegun)
        {
            if (_context.Schedule.Phases[0] is not Steadying) StartPrototypes();
            _state.HasBegun = true;
            _checkpoints?.Write(_state);
        }
        while (_state.Ended.Count < _context.Schedule.Phases.Count)
        {
            PhaseReport report = Run(_context.Schedule.Phases[_state.Ended.Count]);
            FreedMemory.GiveBack();
            // In the last checkpoint, so that a finished run need not look at all images again.
            if (_state.Ended.Count + 1 == _context.Schedule.Phases.Count)
                _state.UsualFamiliarity = new FamiliarityMeasurement(_context, _state, _evaluation).Run(PatchesAtTheEnd.Features);
            // Reported before the checkpoint says that the phase is over, so that no record of it is lost.
            phaseEnded(report);
            _state.Ended.Add(report);
            _state.Running = null;
            _checkpoints?.Write(_state);
        }
    }

    private void StartPrototypes()
    {
        if (_context.Schedule.PrototypeStart != PrototypeStart.OwnClassPatches) return;
        _state.Network.eval();
        Action<double> progress = new Preparations(_context.Progress, _context.Schedule.Phases.Count).Begin("placing prototypes");
        PrototypeStarter.Run(_context, _state.Network, _evaluation, progress);
    }

    // --------------------------------------------------------------------------------------------------------------------------------- phase

    private PhaseReport Run(TrainingPhase phase)
    {
        _state.Running ??= new(PhaseSoFar.Nothing);
        var progress = new PhaseProgress(_context, _state, _estimate);
        progress.Started();
        _state.Network.eval();
        PhaseReport report = new(phase, 0, 0, null, [], null, null);
        switch (phase)
        {
            case Steadying steadying:
                SteadyingReport steadied = new SteadyingPass(_context, _state, _views, _evaluation, progress).Run(steadying);
                // Prototypes start on patches of the backbone that they will be compared with.
                if (_state.Ended.All(ended => ended.Phase is Steadying)) StartPrototypes();
                return report with { Steadied = steadied, Seconds = _state.Running.Clock.Elapsed.TotalSeconds, Precision = _context.Precision };
            case EpochPhase learned:
                Learn(learned, progress);
                report = report with
                {
                    Epochs = _state.Running.Epochs,
                    ImagesPerSecond = phase is GradientPhase ? progress.ImagesPerSecond : 0,
                    Precision = phase is Joint ? _context.Precision : null,
                };
                break;
            case Projection projection:
                _state.Projected = Projector.Run(
                    _state.Network, progress.Count(_evaluation.Whole(_context.Images.Training)), projection.Distinct, _context.Forbidden);
                report = report with { Distinct = projection.Distinct ? DistinctCost.Of(_state.Projected) : null };
                break;
            case LastLayerFit fit:
                (L1Chosen chosen, UnusedPrototypes unused) = new LastLayerPass(_context, _state, _evaluation, progress).Run(fit);
                // Once the last layer is fitted to them, held-out images no longer measure anything; the earlier figure counts.
                return report with
                {
                    LastLayer = chosen.Solution.Certificate,
                    Path = chosen.Path,
                    ValidationAccuracy = chosen.Point.ValidationAccuracy,
                    Temperature = _state.Penalties!.Temperature is var fitted && fitted != 1 ? fitted : null,
                    Removal = _remover.Remove(unused.Removable, unused.Spared),
                    Seconds = _state.Running.Clock.Elapsed.TotalSeconds,
                };
            case PrototypePruning pruning:
                report = report with { Removal = _remover.ByRule(new(pruning.Nearest, pruning.Threshold)) };
                break;
            case SteadinessPruning steady:
                double[] steadiness = new PlaceSteadiness(_context, _state, _views, _evaluation).Of(
                    steady, done => progress.Advanced(0, 1, (int)(done * _context.Images.Training.Length), _context.Images.Training.Length));
                report = report with { Removal = _remover.LeastSteady(steadiness, steady.Share) };
                break;
            default:
                throw new NotSupportedException($"Unknown phase: {phase.Name}.");
        }
        return report with
        {
            // The last epoch has measured it, unless the network returned to an earlier one.
            ValidationAccuracy = phase is GradientPhase and not Joint { Patience: not null }
                ? _state.Running.Epochs.LastOrDefault()?.ValidationAccuracy
                : _evaluation.Accuracy(_evaluation.Whole(Unseen)),
            Seconds = _state.Running.Clock.Elapsed.TotalSeconds,
        };
    }

    /// <summary>A phase of epochs: learns from rendered views or kept features, with everything else frozen.</summary>
    private void Learn(EpochPhase phase, PhaseProgress progress)
    {
        int frozen = FrozenStages(phase);
        RenderedBatches fresh = _views.Augmented(phase.Views, phase.BatchSize), heldOut = _views.Whole(Unseen);
        bool shares = phase is WarmUp or AnchoredTuning && !BatchNormFollows(phase);
        bool keeps = phase is Joint { Epochs: > 1 } && frozen > 0 && !BatchNormFollows(phase);
        if (phase is Joint) _evaluation.BackboneMoves();
        using InferenceFeatures? own = keeps ? new(_state.Network) : null;
        using FeatureBank? bank = own is not null ? Keep(fresh, own, frozen, progress) : null;
        using FeatureBank? heldOutBank = own is not null && heldOut.Count > 0 ? Keep(heldOut, own, frozen, progress) : null;
        using ProtoPNetLoss loss = ProtoPNetLoss.For(_state.Network.Architecture, (phase as GradientPhase)?.Loss ?? _context.Schedule.Loss, _context);
        using Anchors? anchors = phase is AnchoredTuning ? new(_state, Patches, _evaluation) : null;
        var lesson = new Lesson(phase, shares ? Shared(phase, progress) : bank is not null ? All(bank, phase.BatchSize) : fresh, loss)
        {
            HeldOut = heldOutBank is not null ? All(heldOutBank, RenderedBatches.InOrderBatch)
                : phase is Joint || BatchNormFollows(phase) ? heldOut : _evaluation.Whole(Unseen),
            FrozenStages = frozen,
            Anchors = anchors,
            Pooled = phase is Joint && loss.HasPooled ? _state.Pooled ??= new(_state.Network) : null,
            Stop = phase is Joint { Patience: { } patience } ? new(_context, _state, _evaluation, patience) : null,
        };
        SetWhatLearns(phase, frozen);
        try
        {
            while (_state.Running!.Epochs.Count < phase.Epochs && lesson.Stop?.IsOver != true) Epoch(lesson, progress);
        }
        catch (OperationCanceledException)
        {
            if (_state.Losses.FirstNonFinite() is null && WeightsAreFinite()) _checkpoints?.Write(_state);
            throw;
        }
        // The last step's gradients take as much memory as the trained weights; later phases do not need them.
        foreach (Parameter p in _state.Network.parameters()) p.grad = null;
        lesson.Stop?.GoBack();
        if (phase is SteppedLastLayer) _state.Penalties = null;
        _state.Network.eval();
    }

    // --------------------------------------------------------------------------------------------------------------------------------- epoch

    private void Epoch(Lesson lesson, PhaseProgress progress)
    {
        (EpochPhase phase, IBatchSource source) = (lesson.Phase, lesson.Source);
        int epoch = _state.Running!.Epochs.Count, done = Math.Min(_state.Losses.Count * source.BatchSize, source.Count);
        double PhaseDone() => (epoch + (double)done / source.Count) / phase.Epochs;

        if (phase is Joint || BatchNormFollows(phase)) _evaluation.BackboneMoves();
        _state.Network.Train(follow: BatchNormFollows(phase), TypeOf(phase));
        progress.EpochStarted(done, PhaseDone());
        foreach (TrainingBatch batch in source.Epoch(_state.Epochs, _context.Cancellation, _state.Losses.Count))
        {
            _context.CheckAlive();
            LearningRates rates = RatesAt(phase, PhaseDone());
            Adam adam = _state.Optimisers.For(phase, rates);
            if (phase is Joint joint) lesson.Pooled?.Adam.With((rates.AddOn ?? 0, joint.WeightDecay));
            using (NewDisposeScope()) _state.Losses.Add(Step(_state.Network, lesson, batch, adam, StepSeed()));
            done += batch.Images.Length;
            if (_checkpoints is { IsDue: true })
            {
                CheckFinite(lesson);
                _checkpoints.Write(_state);
            }
            progress.Advanced(epoch, phase.Epochs, done, source.Count);
        }
        CheckFinite(lesson);
        _state.Network.eval();

        lesson.Anchors?.Settle();
        EpochMetrics metrics = _state.Losses.Mean(source.Count) with { Rates = RatesAt(phase, (double)epoch / phase.Epochs) };
        if (phase is GradientPhase) metrics = _evaluation.HeldOut(lesson.HeldOut, lesson.Loss).In(metrics);
        metrics = lesson.Stop?.Measure(metrics) ?? metrics;
        _state.Losses.Clear();
        _state.Epochs++;
        if (phase is Joint) _state.JointEpochs++;
        progress.EpochEnded(phase.Epochs, metrics);
    }

    // ---------------------------------------------------------------------------------------------------------------------------------- step

    /// <summary>
    /// One Adam step on the loss of N views. Returns the loss parts times N, and the number of views classified correctly (8 numbers).
    /// </summary>
    /// <exception cref="InvalidOperationException">The batch does not fit into memory.</exception>
    internal static Tensor Step(ProtoPNetNetwork network, Lesson lesson, TrainingBatch batch, Adam adam, ulong seed)
    {
        try
        {
            adam.ZeroGradients();
            (int done, int frozen, int stages) = (lesson.Source.StagesDone, lesson.FrozenStages, network.Features.StageCount);
            Tensor x = batch.Inputs;                                                            // N × 3 × S × S, or kept features
            if (frozen > done)
                using (no_grad()) x = network.Features.Run(x, done, frozen);                    // frozen stages need no gradient
            x = network.Features.Run(x, Math.Max(frozen, done), stages);                        // N × C × H × W
            LossTensors loss = lesson.Learn(network, x, batch, seed);                           // scalars
            adam.Step();
            network.KeepPrototypesInSpace();
            return loss.Sums(batch.Images.Length);
        }
        catch (Exception e) when (OutOfMemory.Is(e))
        {
            throw OutOfMemory.Explained(e, batch.Images.Length, network);
        }
    }

    // ------------------------------------------------------------------------------------------------------------------------------- choices

    /// <summary>The number of leading stages that are frozen in a phase.</summary>
    private int FrozenStages(EpochPhase phase)
    {
        int all = _state.Network.Features.StageCount;
        return phase is not Joint joint ? all : _context.IsPretrained ? LeadingStages.Frozen(joint.FrozenStages, all) : 0;
    }

    /// <summary>Disables the gradients of everything that the phase does not train: they would cost time and accumulate.</summary>
    private void SetWhatLearns(EpochPhase phase, int frozen)
    {
        ProtoPNetNetwork network = _state.Network;
        foreach (Parameter p in network.parameters()) p.requires_grad = phase is GradientPhase;
        foreach (Parameter p in network.Features.StageParameters(frozen)) p.requires_grad = false;
        network.PrototypeVectors.requires_grad = phase is WarmUp or Joint;
        network.LastLayer.requires_grad = phase is SteppedLastLayer;
    }

    /// <summary>Batch norms never follow in anchored tuning, whose prototypes are patches of the frozen backbone.</summary>
    private bool BatchNormFollows(EpochPhase phase) => _context.Schedule.BatchNorm switch
    {
        BatchNormMode.Frozen => false,
        BatchNormMode.Follow => phase is Joint,
        _ => phase is not AnchoredTuning,
    };

    private ScalarType TypeOf(EpochPhase phase) => phase is GradientPhase ? _context.StepType : ScalarType.Float32;

    private LearningRates RatesAt(EpochPhase phase, double done)
    {
        int epochs = phase is Joint ? _state.JointEpochs : _state.Running!.Epochs.Count;
        return phase.Rates((phase as GradientPhase)?.Decay.Factor(done, epochs) ?? 1);
    }

    /// <summary>The held-out images that nothing has been fitted to.</summary>
    private int[] Unseen => _context.Unseen(_state.Ended.Count);

    /// <summary>
    /// Keeps the features of the views of the phase's first epoch, even if the phase is resumed in a later one. Its steps change the backbone's later
    /// stages, so that a joint phase brings an <paramref name="own"/> copy.
    /// </summary>
    private FeatureBank Keep(RenderedBatches views, InferenceFeatures own, int frozen, PhaseProgress progress)
    {
        int epoch = _state.Epochs - _state.Running!.Epochs.Count;
        FeatureBank bank = _keeper.Bank(
            _state.Network, own, frozen, new(views.Requests(epoch), FeatureCode.Half) { Later = true });
        try
        {
            Fill(All(bank, RenderedBatches.InOrderBatch), progress);
            return bank;
        }
        catch
        {
            bank.Dispose();
            throw;
        }
    }

    /// <summary>The views that all phases with a frozen backbone share.</summary>
    private FeatureBatches Shared(EpochPhase phase, PhaseProgress progress)
    {
        FeatureBatches views = _evaluation.Views(_context.Images.Training, phase.Views, phase.BatchSize);
        Fill(views, progress);
        return views;
    }

    private void Fill(FeatureBatches views, PhaseProgress progress)
    {
        if (views.Fill(progress.Prepares("computing features to keep")) is { } shortage)
            _context.Note($"Phase '{_context.Schedule.Phases[_state.Ended.Count].Name}': {shortage}");
    }

    private FeatureBatches All(FeatureBank bank, int batchSize) => new(_context, bank, [.. Enumerable.Range(0, bank.Count)], batchSize);

    private ulong StepSeed() => ViewSeed.Of(_context.Seed, _state.Epochs, -2, _state.Losses.Count);

    // ---------------------------------------------------------------------------------------------------------------------------- divergence

    /// <summary>Losses are examined only now and then, so that no step waits for the device; a bad one is then traced back to its batch.</summary>
    private void CheckFinite(Lesson lesson)
    {
        if (_state.Losses.FirstNonFinite() is { } wrong)
            throw new InvalidOperationException(Diverged($"The loss of step {wrong + 1}", lesson, wrong));
        if (_state.Losses.Count > 0 && !WeightsAreFinite())
            throw new InvalidOperationException(Diverged($"A weight after step {_state.Losses.Count}", lesson, _state.Losses.Count - 1));
    }

    private bool WeightsAreFinite()
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        return StateDict.Of(_state.Network).All(t => t.Tensor.isfinite().all().item<bool>());
    }

    private string Diverged(string what, Lesson lesson, int step)
    {
        int[] images = [.. lesson.Source.ImagesOf(_state.Epochs, step).Distinct()];
        string names = string.Join(", ", images.Take(ShownImages).Select(i => $"'{_context.Images[i].Id}'"))
            + (images.Length > ShownImages ? $" and {images.Length - ShownImages} more" : "");
        string kept = _checkpoints switch
        {
            null => "No checkpoint was kept: no checkpoint folder is set.",
            { LastPlace: { } place, Path: var path } => $"The last good checkpoint is '{path}' ({place}).",
            { Path: var path } => $"There is no good checkpoint in '{path}' yet.",
        };
        return $"{what} in epoch {_state.Running!.Epochs.Count + 1} of phase '{lesson.Phase.Name}' is no longer a finite number. "
            + $"The step's images: {names}. Lower the learning rates, or check these images. {kept}";
    }
}
