using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>Coefficients of the training loss (paper, equation 1 and section 2.2).</summary>
/// <param name="CrossEntropy">Coefficient of the cross entropy.</param>
/// <param name="Cluster">Coefficient of the cluster cost: the mean squared distance to the nearest prototype of the image's class.</param>
/// <param name="Separation">
/// Coefficient of the separation cost: the mean squared distance to the nearest prototype of another class. Negative, so that distance is rewarded.
/// </param>
/// <param name="L1">
/// Coefficient of the L1 norm of the last layer's weights between classes; has an effect only in <see cref="SteppedLastLayer"/>.
/// </param>
/// <param name="LabelSmoothing">Probability mass spread over all classes, in [0, 1).</param>
/// <param name="Temperature">
/// Divisor of the logits in the cross entropy, above 0. Above 1, correctly classified photographs keep contributing: similarities add up to logits
/// so large that the published loss (temperature 1) vanishes early.
/// </param>
/// <param name="Concentration">
/// Coefficient of the concentration cost: the mean similarity of an image's patches to the prototypes of its class, at least 0. Above 0, prototypes
/// learn to fire at one place instead of all over the object. Not in the paper.
/// </param>
/// <param name="Pooled">
/// Coefficient of the pooled cost, at least 0; it has an effect where the backbone learns, in <see cref="Joint"/> and <see cref="Steadying"/>: the cross
/// entropy (with the same label smoothing, temperature 1) of a linear classifier on the mean of the backbone's map, which learns beside it and is then
/// thrown away. Prototypes teach the backbone by the nearest patches alone; this, by every cell. It is not part of reported losses. Not in the paper.
/// </param>
public sealed record LossWeights(
    double CrossEntropy = 1, double Cluster = 0.8, double Separation = -0.08, double L1 = 1e-4, double LabelSmoothing = 0, double Temperature = 1,
    double Concentration = 0, double Pooled = 0)
{
    internal string? Fault
        => Limits.NotNegative(nameof(CrossEntropy), CrossEntropy) ?? Limits.Finite(nameof(Cluster), Cluster)
        ?? Limits.Finite(nameof(Separation), Separation) ?? Limits.NotNegative(nameof(L1), L1)
        ?? Limits.Share(nameof(LabelSmoothing), LabelSmoothing) ?? Limits.Positive(nameof(Temperature), Temperature)
        ?? Limits.NotNegative(nameof(Concentration), Concentration)
        ?? Limits.NotNegative(nameof(Pooled), Pooled);
}

/// <summary>What the loss of N images is computed from.</summary>
/// <param name="Logits">N × K.</param>
/// <param name="Nearest">Squared distances to the nearest patch of each image (N × P).</param>
/// <param name="Concentration">The <see cref="ConcentrationCost"/> of each image (N); null if it has no coefficient.</param>
internal readonly record struct ScoredBatch(Tensor Logits, Tensor Nearest, Tensor? Concentration = null);

/// <summary>The loss of a batch and its parts, each a scalar tensor (paper, section 2.2).</summary>
internal readonly record struct LossTensors(
    Tensor Total, Tensor CrossEntropy, Tensor Cluster, Tensor Separation, Tensor AverageSeparation, Tensor L1, Tensor Concentration,
    Tensor Correct)
{
    /// <summary>The parts times the number of images, and the number that were correct, as one tensor (8).</summary>
    public Tensor Sums(int images)
    {
        using var mode = no_grad();
        return cat([stack([Total, CrossEntropy, Cluster, Separation, AverageSeparation, L1, Concentration]).Times(images), Correct.unsqueeze(0)]);
    }
}

/// <summary>Computes the training loss: cross entropy, cluster, separation and L1.</summary>
internal sealed class ProtoPNetLoss : IDisposable
{
    private readonly LossWeights _weights;
    private readonly Tensor _prototypeClasses, _offClass;
    private readonly double _farthest;

    /// <summary>The weight of each image, by index, with mean 1; null if all are equal.</summary>
    public float[]? ImageWeights { get; init; }

    /// <summary>Whether there is a pooled cost.</summary>
    public bool HasPooled => _weights.Pooled > 0;

    /// <summary>Computes the concentration cost; null if its coefficient is 0.</summary>
    public ConcentrationCost? Concentration { get; init; }

    /// <summary>The loss for a network.</summary>
    public static ProtoPNetLoss For(NetworkArchitecture network, LossWeights weights, TrainingContext context) => new(
        weights, network.PrototypeClasses, network.Classes, network.PrototypeDepth * network.PrototypeHeight * network.PrototypeWidth, context.Device)
    {
        ImageWeights = context.Images.RelativeWeights(),
        Concentration = weights.Concentration > 0 ? new(network, context.Device) : null,
    };

    /// <param name="weights">The coefficients.</param>
    /// <param name="prototypeClasses">The class of each of the P prototypes.</param>
    /// <param name="classes">The number of classes K.</param>
    /// <param name="patchValues">D·h·w: the largest squared distance in the unit cube; it marks a missing prototype.</param>
    /// <param name="device">The device of the batches.</param>
    public ProtoPNetLoss(LossWeights weights, IReadOnlyList<int> prototypeClasses, int classes, int patchValues, Device device)
    {
        (_weights, _farthest) = (weights, patchValues);
        using var scope = NewDisposeScope();
        _prototypeClasses = tensor(prototypeClasses.Select(c => (long)c).ToArray(), device: device).unsqueeze(0).MoveToOuterDisposeScope();
        _offClass = HeldScalar.Range(0, classes, device).unsqueeze(1).ne(_prototypeClasses).MoveToOuterDisposeScope();
        _prototypeClasses.DetachFromDisposeScope();
        _offClass.DetachFromDisposeScope();
    }

    /// <param name="scored">The N images.</param>
    /// <param name="labels">The N class indices.</param>
    /// <param name="lastLayer">The last layer's weights (K × P).</param>
    /// <param name="images">Indices of the N images; required if images have weights.</param>
    /// <remarks>
    /// Means are (1/N) Σ ωᵢ lᵢ, and ω has mean 1 over all images rather than over the batch, so an image's influence does not depend on the other
    /// images of its batch.
    /// </remarks>
    public LossTensors Of(ScoredBatch scored, Tensor labels, Tensor lastLayer, ReadOnlyMemory<int> images = default)
    {
        (Tensor logits, Tensor nearest, Tensor? concentration) = scored;
        Tensor? weights = WeightsOf(images, logits.device);
        Tensor own = labels.unsqueeze(1).eq(_prototypeClasses);
        Tensor crossEntropy = CrossEntropy(logits.Over(_weights.Temperature), labels, weights);
        Tensor cluster = Mean(nearest.Filled(own.logical_not(), _farthest).min(1).values, weights);
        Tensor separation = Mean(nearest.Filled(own, _farthest).min(1).values, weights);
        Tensor l1 = lastLayer.mul(_offClass).abs().sum();
        Tensor total = crossEntropy.Times(_weights.CrossEntropy).Plus(cluster.Times(_weights.Cluster))
            .Plus(separation.Times(_weights.Separation)).Plus(l1.Times(_weights.L1));
        Tensor spread = concentration is null ? zeros_like(total) : Mean(concentration, weights);
        if (concentration is not null) total = total.Plus(spread.Times(_weights.Concentration));
        using (no_grad())
        {
            Tensor other = own.logical_not().to(nearest.dtype);
            Tensor averageSeparation = Mean((nearest * other).sum(1) / other.sum(1), weights);
            Tensor correct = logits.argmax(1).eq(labels).sum().to(nearest.dtype);
            return new(total, crossEntropy, cluster, separation, averageSeparation, l1, spread, correct);
        }
    }

    /// <summary>The pooled cost of N × K logits, times its coefficient.</summary>
    public Tensor Pooled(Tensor logits, TrainingBatch batch)
        => CrossEntropy(logits, batch.Labels, WeightsOf(batch.Images, logits.device)).Times(_weights.Pooled);

    private Tensor? WeightsOf(ReadOnlyMemory<int> images, Device device)
        => ImageWeights is { } all ? tensor(images.ToArray().Select(i => all[i]).ToArray(), device: device) : null;

    private Tensor CrossEntropy(Tensor logits, Tensor labels, Tensor? weights) => weights is null
        ? nn.functional.cross_entropy(logits, labels, label_smoothing: _weights.LabelSmoothing)
        : Mean(nn.functional.cross_entropy(logits, labels, reduction: nn.Reduction.None, label_smoothing: _weights.LabelSmoothing), weights);

    private static Tensor Mean(Tensor values, Tensor? weights) => weights is null ? values.mean() : (values * weights).mean();

    public void Dispose()
    {
        _prototypeClasses.Dispose();
        _offClass.Dispose();
        Concentration?.Dispose();
    }
}
