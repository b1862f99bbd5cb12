using MathNet.Numerics.LinearAlgebra;
using ProtoPNet.MLNet.Pruning;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>
/// The convex problem of the paper's third stage ("convex optimization of last layer", section 2.2), made well posed by a penalty on own-class
/// weights:
/// <code>
/// min over W (K × P) of   (1/N) Σᵢ ωᵢ CE(W sᵢ, yᵢ)  +  λ Σ |W_kj| over j of other classes  +  Σ own-class penalty of W_kj over j of class k
/// </code>
/// The similarities are constants: everything below the last layer is frozen in this stage.
/// </summary>
/// <param name="Similarities">Similarity of each image to each prototype (N × P); finite. Read in place, never modified.</param>
/// <param name="Labels">Class of each image (N), 0-based; every class occurs.</param>
/// <param name="PrototypeClasses">
/// Class of each prototype (P), 0-based; every class occurs. Or <see cref="EveryClass"/> throughout: features that belong to all classes alike. Weights
/// then differ from 1 only as far as classes differ, since a common shift of all classes changes no probability: with
/// <see cref="OwnClassPenalty.TowardOne"/> this is logistic regression with a ridge.
/// </param>
/// <param name="Classes">Number of classes K, at least 2.</param>
public sealed record LastLayerProblem(Matrix<float> Similarities, IReadOnlyList<int> Labels, IReadOnlyList<int> PrototypeClasses, int Classes)
{
    /// <summary>The class of a column that belongs to every class.</summary>
    public const int EveryClass = -1;

    /// <summary>λ, the price of an off-class connection: at least 0. The paper's value is 1e-4.</summary>
    public double L1 { get; init; } = 1e-4;

    /// <summary>The penalty on own-class weights.</summary>
    public OwnClassPenalty OwnClass { get; init; } = new OwnClassPenalty.TowardOne();

    /// <summary>Which weights are allowed.</summary>
    public Reasoning Reasoning { get; init; } = Reasoning.PositiveAndNegative;

    /// <summary>Weight of each class's images in the cross entropy (K, positive), or null for equal weights. Only ratios matter.</summary>
    public IReadOnlyList<double>? ClassWeights { get; init; }

    /// <summary>Weight of each image in the cross entropy (N, not negative), or null for equal weights. Only ratios matter.</summary>
    public IReadOnlyList<double>? SampleWeights { get; init; }

    /// <summary>The number of images N.</summary>
    public int Images => Similarities.RowCount;

    /// <summary>The number of prototypes P.</summary>
    public int Prototypes => Similarities.ColumnCount;

    /// <summary>
    /// Whether a dual bound above 0 can be computed. With unpenalised weights hardly any dual point is feasible, and there may be no minimum.
    /// </summary>
    internal bool HasDualBound => OwnClass.Term(1, Reasoning).HasDualBound && (L1 > 0 || Reasoning == Reasoning.PositiveOnly);

    /// <summary>Whether connection (class, prototype) is priced by λ.</summary>
    internal bool IsOffClass(int label, int prototype) => PrototypeClasses[prototype] != label && PrototypeClasses[prototype] != EveryClass;

    /// <summary>The number of connections that λ prices: K·P − P, none if the prototypes belong to every class.</summary>
    internal int OffClassWeights => PrototypeClasses.Sum(k => k == EveryClass ? 0 : Classes - 1);

    /// <summary>
    /// The least λ of a choice: the price of the dearest own-class weight, 0 if they have none. Were connections between classes cheaper, they would take
    /// the place of own-class weights: a class would be recognised only by what it does not look like, and its explanation would be empty.
    /// </summary>
    internal double LeastL1 => OwnClassTerms(NormalisedSampleWeights()).Max(term => term.Price);

    /// <summary>ωᵢ / N (N): the weights of the images in the mean cross entropy, summing to one.</summary>
    internal double[] NormalisedSampleWeights()
    {
        var weights = new double[Images];
        for (int i = 0; i < weights.Length; i++)
            weights[i] = (SampleWeights?[i] ?? 1) * (ClassWeights?[Labels[i]] ?? 1);
        // Equal weights of any size give the same problem as no weights, bit for bit.
        if (Array.TrueForAll(weights, w => w == weights[0])) Array.Fill(weights, 1);
        double sum = weights.Sum();
        for (int i = 0; i < weights.Length; i++) weights[i] /= sum;
        return weights;
    }

    /// <summary>The penalty on an own-class weight of each class (K).</summary>
    /// <param name="sampleWeights">The normalised sample weights (N).</param>
    internal OwnClassTerm[] OwnClassTerms(double[] sampleWeights)
    {
        var shares = new double[Classes];
        for (int i = 0; i < sampleWeights.Length; i++) shares[Labels[i]] += sampleWeights[i];
        return [.. shares.Select(share => OwnClass.Term(share, Reasoning))];
    }
}

/// <summary>Which connections the last layer may use.</summary>
public enum Reasoning
{
    /// <summary>Own-class weights are free; off-class weights are free but priced, so that most are exactly zero.</summary>
    PositiveAndNegative,

    /// <summary>Off-class weights are zero and own-class weights not negative: a class is recognised only by resemblance.</summary>
    PositiveOnly,
}
