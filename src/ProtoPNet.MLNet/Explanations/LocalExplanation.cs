using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>
/// The explanation of one prediction (paper, section 2.3 and figure 3). A value: it holds all similarities and answers for any class; only boxes are
/// computed on demand.
/// </summary>
public sealed class LocalExplanation
{
    private readonly float[,] _weights;
    private readonly ClassScore[] _classes;

    /// <param name="head">What stands on the similarities.</param>
    /// <param name="field">The receptive fields of the network.</param>
    /// <param name="similarities">The similarity map of each prototype of the network (P × H' × W').</param>
    /// <param name="alike">
    /// How alike, for the backbone, the photograph's patch and the prototype's own are, for each prototype of the network (P); null if the model does not know.
    /// </param>
    internal LocalExplanation(PrototypeHead head, ReceptiveField field, float[,,] similarities, float[]? alike)
    {
        _weights = head.Weights;
        Activation[] all = [.. head.Prototypes.Select(prototype => Activate(prototype, similarities, field))];
        float[] highest = new float[similarities.GetLength(0)];
        foreach (Activation activation in all) highest[activation.Prototype.Index] = activation.Similarity;
        float[] logits = head.Logits(highest), probabilities = PrototypeHead.Probabilities(logits);
        _classes = [.. head.ClassNames.Select((name, k) => new ClassScore(k, name, logits[k], probabilities[k]))];
        Ranking = [.. _classes.OrderByDescending(score => score.Logit)];
        FieldOfView = field.Rows.Size;
        ImageSize = field.ImageSize;
        Activations = all;
        Familiarity = alike is null ? null
            : all.Where(one => one.Prototype.ClassIndex == Predicted.Index).Select(one => alike[one.Prototype.Index]).DefaultIfEmpty().Average();
    }

    /// <summary>S, the side of the network's input in pixels, in which boxes are given.</summary>
    public int ImageSize { get; }

    /// <summary>
    /// The side of a patch's receptive field in pixels; if it exceeds <see cref="ImageSize"/>, pixels outside the boxes count, too.
    /// </summary>
    public int FieldOfView { get; }

    /// <summary>
    /// The cells of the feature map (H × W) that lie on the object; prototypes are compared with no others. Null if the network has no object mask.
    /// </summary>
    public bool[,]? ObjectCells { get; internal init; }

    /// <summary>All classes, the most probable first.</summary>
    public IReadOnlyList<ClassScore> Ranking { get; }

    /// <summary>The most probable class.</summary>
    public ClassScore Predicted => Ranking[0];

    /// <summary>
    /// How familiar the photograph looks, as in the column <c>Familiarity</c>: how alike, for the backbone, the patches are where the prototypes of the
    /// predicted class fire, and those that these prototypes are; 0 to 1 with most backbones. However probable the class is, a low value says that the
    /// photograph shows nothing that the model has learned. Null if the model does not know (<see cref="ProtoPNetTransformer.FamiliarityColumnName"/>).
    /// </summary>
    public float? Familiarity { get; }

    /// <summary>What familiarity the training images had; null if the model does not know.</summary>
    public UsualFamiliarity? UsualFamiliarity { get; internal init; }

    /// <summary>The similarity to each prototype, in their order.</summary>
    public IReadOnlyList<Activation> Activations { get; }

    /// <summary>The most similar prototypes, regardless of class.</summary>
    public IReadOnlyList<Activation> MostActivated(int count)
        => [.. Activations.OrderByDescending(activation => activation.Similarity).Take(count)];

    /// <summary>The evidence for the predicted class and its runners-up.</summary>
    public IReadOnlyList<ClassEvidence> Best(int classes = 3) => [.. Ranking.Take(classes).Select(score => For(score.Index))];

    /// <summary>The evidence for a class.</summary>
    /// <param name="classIndex">The class, 0-based.</param>
    /// <param name="atMost">The number of its prototypes to list; the others are part of the remaining evidence.</param>
    public ClassEvidence For(int classIndex, int atMost = int.MaxValue)
    {
        Check(classIndex);
        Evidence[] own = [.. Activations.Index().Where(one => one.Item.Prototype.ClassIndex == classIndex)
            .Select(one => new Evidence(one.Item, _weights[classIndex, one.Index]))
            .OrderByDescending(line => line.Points).Take(atMost)];
        HashSet<Activation> listed = [.. own.Select(line => line.Activation)];
        return new(_classes[classIndex], own, Remaining(listed, j => Points(classIndex, j)));
    }

    /// <summary>The evidence for the predicted class rather than another.</summary>
    /// <inheritdoc cref="Compare"/>
    public Contrast WhyNot(int otherIndex, int atMost = 10) => Compare(Predicted.Index, otherIndex, atMost);

    /// <summary>The evidence for one class rather than another.</summary>
    /// <param name="classIndex">The first class, 0-based.</param>
    /// <param name="otherIndex">The other class, 0-based.</param>
    /// <param name="atMost">The number of prototypes to list.</param>
    public Contrast Compare(int classIndex, int otherIndex, int atMost = 10)
    {
        Check(classIndex);
        Check(otherIndex);
        EvidenceGap[] gaps = [.. Activations
            .Select((activation, j) => new EvidenceGap(activation, Points(classIndex, j), Points(otherIndex, j)))
            .OrderByDescending(line => Math.Abs(line.Gap)).Take(atMost)];
        HashSet<Activation> listed = [.. gaps.Select(line => line.Activation)];
        return new(_classes[classIndex], _classes[otherIndex], gaps, Remaining(listed, j => Points(classIndex, j) - Points(otherIndex, j)));
    }

    private static Activation Activate(Prototype prototype, float[,,] similarities, ReceptiveField field)
    {
        float[,] map = Maps.Of(similarities, prototype.Index);
        return new(prototype, map, Maps.Highest(map), field);
    }

    private double Points(int classIndex, int prototype) => (double)Activations[prototype].Similarity * _weights[classIndex, prototype];

    private RemainingEvidence Remaining(HashSet<Activation> listed, Func<int, double> points)
    {
        double[] others = [.. Enumerable.Range(0, Activations.Count).Where(j => !listed.Contains(Activations[j])).Select(points)];
        return new(others.Length, others.Where(value => value > 0).Sum(), others.Where(value => value < 0).Sum());
    }

    private void Check(int classIndex)
    {
        if (classIndex < 0 || classIndex >= _classes.Length)
            throw new ArgumentOutOfRangeException(nameof(classIndex), classIndex, $"Classes are numbered 0 to {_classes.Length - 1}.");
    }
}
