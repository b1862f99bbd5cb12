using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Training.Features;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training.Pooled;

/// <summary>Trains a classifier without prototypes, top to bottom: the linear layer is solved; the backbone may learn; it is solved again.</summary>
internal sealed class PooledTraining
{
    /// <summary>The epoch that the views of the linear layer are seeded by: one before the first, as with ProtoPNet.</summary>
    private const int SharedEpoch = -1;

    private readonly TrainingContext _context;
    private readonly PooledSchedule _schedule;
    private readonly PooledNetwork _network;
    private readonly TrainingViews _views;
    private readonly Preparations _progress;
    private readonly float[]? _imageWeights;

    public PooledTraining(TrainingContext context, PooledSchedule schedule, PooledNetwork network)
    {
        (_context, _schedule, _network) = (context, schedule, network);
        _views = new(context, network.Architecture.ImageSize, network.Architecture.Backbone.Normalisation);
        _progress = new(context.Progress, schedule.FineTuning is null ? 1 : 3);
        _imageWeights = context.Images.RelativeWeights();
    }

    /// <summary>Runs everything; the network ends in evaluation mode.</summary>
    public PooledFit Run()
    {
        PooledFit fit = Solve();
        if (_schedule.FineTuning is not { } tuning) return fit;
        Learn(tuning);
        return Solve();
    }

    // ------------------------------------------------------------------------------------------------------------------------- linear layer

    private PooledFit Solve()
    {
        _network.eval();
        using InferenceFeatures features = new(_network.Features, _context.Device, _context.Note);
        LabelledSimilarities learned = Pooled(features, _context.Images.Training, _schedule.Views);
        LabelledSimilarities? heldOut = null, joined = null;
        if (_context.Images.Validation.Length > 0)
        {
            heldOut = Pooled(features, _context.Images.Validation, 1);
            int[] joining = [.. _context.Images.Fittable.Except(_context.Images.Training)];
            if (joining.Length > 0) joined = LabelledSimilarities.All([learned, Pooled(features, joining, _schedule.Views)]);
        }
        PooledFit fit = new PooledSolver(_schedule, _network.Architecture.Classes).Solve(learned, heldOut, joined, _context.Cancellation);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable mode = no_grad();
        _network.Classifier.Weight.copy_(tensor(fit.Weights.ToRowMajorArray()).reshape(_network.Classifier.Weight.shape));
        _network.Classifier.Bias.copy_(tensor(fit.Bias));
        return fit;
    }

    /// <summary>Pooled features (N·V × C) of each image and V − 1 augmented views of it.</summary>
    private LabelledSimilarities Pooled(InferenceFeatures features, int[] images, int count)
    {
        Action<double> progress = _progress.Begin("computing features");
        var frozen = new FrozenStages(features, _network.Features.StageCount, []);
        var rows = new LabelledRows(_context.Images, images.Length * count, _network.Features.OutputChannels);
        Append(_views.Whole(images).InOrder(0, _context.Cancellation));
        if (count > 1)
            Append(_views.Of(new(images, count - 1, RenderedBatches.InOrderBatch, _schedule.Augmentation)).InOrder(SharedEpoch, _context.Cancellation));
        return rows.All;

        void Append(IEnumerable<TrainingBatch> batches)
        {
            foreach (TrainingBatch batch in batches)
            {
                _context.CheckAlive();
                using DisposeScope scope = NewDisposeScope();
                using IDisposable mode = no_grad();
                rows.Add(batch, PooledNetwork.Pooled(frozen.Of(batch.Inputs)));
                progress((double)rows.Progress.Done / rows.Progress.All);
            }
        }
    }

    // ----------------------------------------------------------------------------------------------------------------------------- backbone

    private void Learn(FineTuning tuning)
    {
        int frozen = LeadingStages.Frozen(tuning.FrozenStages, _network.Features.StageCount);
        HashSet<Parameter> still = [.. _network.Features.StageParameters(frozen)];
        using var adam = new Adam(_network.Features.parameters().Where(p => !still.Contains(p)), _network.Classifier.parameters());
        RenderedBatches views = _views.Of(new(_context.Images.Training, tuning.Views, tuning.BatchSize, _schedule.Augmentation));
        Action<double> progress = _progress.Begin("fine-tuning");
        _network.Features.TrainingType = _context.StepType;
        _network.train();
        for (int epoch = 0, done = 0; epoch < tuning.Epochs; epoch++)
        {
            foreach (TrainingBatch batch in views.Epoch(epoch, _context.Cancellation))
            {
                _context.CheckAlive();
                double all = (double)done / (views.Count * tuning.Epochs), factor = tuning.Decay.Factor(all, epoch);
                adam.With((tuning.BackboneRate * factor, tuning.WeightDecay), (tuning.ClassifierRate * factor, tuning.WeightDecay));
                using (NewDisposeScope()) Step(tuning, batch, adam, frozen);
                done += batch.Images.Length;
                progress(all);
            }
        }
        foreach (Parameter p in _network.parameters()) p.grad = null;
        if (!_network.parameters().All(p => p.isfinite().all().item<bool>()))
            throw new InvalidOperationException("A weight is no longer a finite number after fine-tuning. Lower its learning rates.");
    }

    private void Step(FineTuning tuning, TrainingBatch batch, Adam adam, int frozen)
    {
        adam.ZeroGradients();
        Tensor x = batch.Inputs;                                                            // N × 3 × S × S
        if (frozen > 0)
            using (no_grad()) x = _network.Features.Run(x, 0, frozen);
        x = _network.Features.Run(x, frozen, _network.Features.StageCount);                 // N × C × H × W
        Tensor losses = nn.functional.cross_entropy(
            _network.Logits(x), batch.Labels, reduction: nn.Reduction.None, label_smoothing: tuning.LabelSmoothing);
        if (_imageWeights is not null)
            losses = losses.mul(tensor(batch.Images.ToArray().Select(i => _imageWeights[i]).ToArray(), device: losses.device));
        losses.mean().backward();
        adam.Step();
    }
}
