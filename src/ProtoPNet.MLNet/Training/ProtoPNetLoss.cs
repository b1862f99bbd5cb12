using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>The loss of a batch and its parts, each a scalar tensor (paper, section 2.2).</summary>
internal readonly record struct LossTensors(
    Tensor Total, Tensor CrossEntropy, Tensor Cluster, Tensor Separation, Tensor AverageSeparation, Tensor L1, Tensor Correct);

/// <summary>Computes the training loss: cross entropy, cluster, separation and L1.</summary>
internal sealed class ProtoPNetLoss : IDisposable
{
    private readonly LossWeights _weights;
    private readonly Tensor _prototypeClasses, _offClass;
    private readonly double _farthest;

    /// <summary>How much each image counts, by its index, of mean 1; null: all the same.</summary>
    public float[]? ImageWeights { get; init; }

    /// <param name="weights">The coefficients.</param>
    /// <param name="prototypeClasses">The class of each of the P prototypes.</param>
    /// <param name="classes">K.</param>
    /// <param name="patchValues">D·h·w: the largest squared distance in the unit cube, which stands for «no such prototype».</param>
    /// <param name="device">Where the batches are.</param>
    public ProtoPNetLoss(LossWeights weights, IReadOnlyList<int> prototypeClasses, int classes, int patchValues, Device device)
    {
        (_weights, _farthest) = (weights, patchValues);
        using var scope = NewDisposeScope();
        _prototypeClasses = tensor(prototypeClasses.Select(c => (long)c).ToArray(), device: device).unsqueeze(0).MoveToOuterDisposeScope();
        _offClass = HeldScalar.Range(0, classes, device).unsqueeze(1).ne(_prototypeClasses).MoveToOuterDisposeScope();
        _prototypeClasses.DetachFromDisposeScope();
        _offClass.DetachFromDisposeScope();
    }

    /// <param name="logits">N × K.</param>
    /// <param name="minDistances">Squared distances to the nearest patch of each image (N × P).</param>
    /// <param name="labels">N classes.</param>
    /// <param name="lastLayer">The last layer's weights (K × P).</param>
    /// <param name="images">Indices of the N images; needed where images have weights.</param>
    /// <remarks>
    /// Means are (1/N) Σ ωᵢ lᵢ, and ω has mean 1 over all images rather than over the batch: a heavy image pulls as hard in a batch of its like, and
    /// in a batch of one, as anywhere.
    /// </remarks>
    public LossTensors Of(Tensor logits, Tensor minDistances, Tensor labels, Tensor lastLayer, ReadOnlyMemory<int> images = default)
    {
        Tensor? weights = ImageWeights is { } all ? tensor(images.ToArray().Select(i => all[i]).ToArray(), device: logits.device) : null;
        Tensor own = labels.unsqueeze(1).eq(_prototypeClasses);
        Tensor scaled = logits.Over(_weights.Temperature);
        Tensor crossEntropy = weights is null
            ? nn.functional.cross_entropy(scaled, labels, label_smoothing: _weights.LabelSmoothing)
            : Mean(nn.functional.cross_entropy(scaled, labels, reduction: nn.Reduction.None, label_smoothing: _weights.LabelSmoothing), weights);
        Tensor cluster = Mean(minDistances.Filled(own.logical_not(), _farthest).min(1).values, weights);
        Tensor separation = Mean(minDistances.Filled(own, _farthest).min(1).values, weights);
        Tensor l1 = lastLayer.mul(_offClass).abs().sum();
        Tensor total = crossEntropy.Times(_weights.CrossEntropy).Plus(cluster.Times(_weights.Cluster))
            .Plus(separation.Times(_weights.Separation)).Plus(l1.Times(_weights.L1));
        using (no_grad())
        {
            Tensor other = own.logical_not().to(minDistances.dtype);
            Tensor averageSeparation = Mean((minDistances * other).sum(1) / other.sum(1), weights);
            Tensor correct = logits.argmax(1).eq(labels).sum().to(minDistances.dtype);
            return new(total, crossEntropy, cluster, separation, averageSeparation, l1, correct);
        }
    }

    private static Tensor Mean(Tensor values, Tensor? weights) => weights is null ? values.mean() : (values * weights).mean();

    public void Dispose()
    {
        _prototypeClasses.Dispose();
        _offClass.Dispose();
    }
}
