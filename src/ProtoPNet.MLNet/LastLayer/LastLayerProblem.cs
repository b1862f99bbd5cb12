using MathNet.Numerics.LinearAlgebra;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>
/// The convex problem of the paper's third stage ("convex optimization of last layer", section 2.2), made well posed by a small ridge:
/// <code>
/// min over W (K × P) of   (1/N) Σᵢ ωᵢ CE(W sᵢ, yᵢ)  +  λ Σ |W_kj| over j of other classes  +  (μ/2) Σ (W_kj − 1)² over j of class k
/// </code>
/// The similarities are constants: nothing below the last layer moves in this stage.
/// </summary>
/// <param name="Similarities">Similarity of each image to each prototype (N × P); finite. Read in place, never changed.</param>
/// <param name="Labels">Class of each image (N), from 0; every class occurs.</param>
/// <param name="PrototypeClasses">Class of each prototype (P), from 0; every class occurs.</param>
/// <param name="Classes">Number of classes K, at least 2.</param>
public sealed record LastLayerProblem(Matrix<float> Similarities, IReadOnlyList<int> Labels, IReadOnlyList<int> PrototypeClasses, int Classes)
{
    /// <summary>λ, the price of an off-class connection: at least 0. The paper's value is 1e-4.</summary>
    public double L1 { get; init; } = 1e-4;

    /// <summary>
    /// μ, the pull of own-class weights toward their initial value 1: at least 0. With 0, as in the paper, separable data have no
    /// minimum (the weights grow for ever); the solver then stops on its tolerance and says so.
    /// </summary>
    public double Ridge { get; init; } = 1e-4;

    /// <summary>Which weights are allowed.</summary>
    public Reasoning Reasoning { get; init; } = Reasoning.PositiveAndNegative;

    /// <summary>Weight of each class's images in the cross entropy (K, positive), or null for equal ones. Only ratios matter.</summary>
    public IReadOnlyList<double>? ClassWeights { get; init; }

    /// <summary>Weight of each image in the cross entropy (N, not negative), or null for equal ones. Only ratios matter.</summary>
    public IReadOnlyList<double>? SampleWeights { get; init; }

    /// <summary>Images N.</summary>
    public int Images => Similarities.RowCount;

    /// <summary>Prototypes P.</summary>
    public int Prototypes => Similarities.ColumnCount;

    /// <summary>
    /// Whether a dual bound above 0 is at hand. Without a ridge, or with off-class weights for nothing, hardly any point of the dual problem is
    /// feasible, and the minimum need not exist.
    /// </summary>
    internal bool HasDualBound => Ridge > 0 && (L1 > 0 || Reasoning == Reasoning.PositiveOnly);

    /// <summary>Whether connection (class, prototype) is priced by λ rather than pulled toward 1.</summary>
    internal bool IsOffClass(int label, int prototype) => PrototypeClasses[prototype] != label;

    /// <summary>ωᵢ / N (N): the weights of the images in the mean cross entropy, summing to one.</summary>
    internal double[] NormalisedSampleWeights()
    {
        var weights = new double[Images];
        for (int i = 0; i < weights.Length; i++)
            weights[i] = (SampleWeights?[i] ?? 1) * (ClassWeights?[Labels[i]] ?? 1);
        // Equal weights, whatever their size, give the same problem as none, to the last bit.
        if (Array.TrueForAll(weights, w => w == weights[0])) Array.Fill(weights, 1);
        double sum = weights.Sum();
        for (int i = 0; i < weights.Length; i++) weights[i] /= sum;
        return weights;
    }
}

/// <summary>Which connections the last layer may use.</summary>
public enum Reasoning
{
    /// <summary>Own-class weights are free; off-class weights are free but priced, so that most are exactly zero.</summary>
    PositiveAndNegative,

    /// <summary>Off-class weights are zero and own-class weights not negative: a class is recognised only by what it looks like.</summary>
    PositiveOnly,
}
