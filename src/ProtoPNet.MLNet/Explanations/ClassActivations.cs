using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>Where a classifier without prototypes sees a class: a class activation map (Zhou et al. 2016).</summary>
public sealed class ClassActivation : ActivationMap
{
    internal ClassActivation(ClassScore score, float[,] points, int imageSize) : base(points, imageSize) => Class = score;

    /// <summary>The class and its score.</summary>
    public ClassScore Class { get; }

    /// <summary>What each cell (H × W) says for the class: the mean of all cells is the logit.</summary>
    public float[,] Points => Cells;
}

/// <summary>
/// The explanation that a classifier without prototypes can give of a prediction: where, but not why. A value; the same types as in a
/// <see cref="LocalExplanation"/> where the two have something in common.
/// </summary>
public sealed class ClassActivations
{
    private readonly ClassActivation[] _classes;

    internal ClassActivations(TrainedPooledClassifier model, float[] logits, float[] probabilities, float[,,] points)
    {
        ImageSize = model.Architecture.ImageSize;
        _classes = [.. model.ClassNames.Select((name, k) => new ClassActivation(
            new(k, name, logits[k], probabilities[k]), Maps.Of(points, k), ImageSize))];
        Ranking = [.. _classes.Select(one => one.Class).OrderByDescending(score => score.Logit)];
    }

    /// <summary>S, the side of the network's input in pixels, in which boxes are given.</summary>
    public int ImageSize { get; }

    /// <summary>All classes, the most probable first.</summary>
    public IReadOnlyList<ClassScore> Ranking { get; }

    /// <summary>The most probable class.</summary>
    public ClassScore Predicted => Ranking[0];

    /// <summary>The map of a class.</summary>
    /// <param name="classIndex">The class, 0-based.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such class.</exception>
    public ClassActivation For(int classIndex) => (uint)classIndex < (uint)_classes.Length ? _classes[classIndex]
        : throw new ArgumentOutOfRangeException(nameof(classIndex), classIndex, $"Classes are numbered 0 to {_classes.Length - 1}.");
}
