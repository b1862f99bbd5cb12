using System.Text.Json.Serialization;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>The penalty on weights between a prototype and its own class.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "penalty")]
[JsonDerivedType(typeof(TowardOne), "towardOne")]
[JsonDerivedType(typeof(TowardOneByShare), "towardOneByShare")]
[JsonDerivedType(typeof(Sparse), "sparse")]
public abstract record OwnClassPenalty
{
    private OwnClassPenalty()
    {
    }

    /// <summary>Why the penalty is invalid; null if it is valid.</summary>
    internal abstract string? Fault { get; }

    /// <summary>The penalty on one weight of a class.</summary>
    /// <param name="share">The class's share of the images, by weight.</param>
    /// <param name="reasoning">Which weights are allowed.</param>
    internal abstract OwnClassTerm Term(double share, Reasoning reasoning);

    /// <summary>
    /// (μ/2) (w − 1)²: every prototype keeps about its initial weight. With μ = 0, as in the paper, separable data have no minimum (the weights grow
    /// without bound); the solver then stops at its tolerance and reports it.
    /// </summary>
    /// <param name="Ridge">μ, at least 0.</param>
    public sealed record TowardOne(double Ridge = 1e-4) : OwnClassPenalty
    {
        internal override string? Fault => Ridge >= 0 && double.IsFinite(Ridge) ? null
            : $"μ ({nameof(Ridge)}) is {Ridge}; it must be finite and not negative. The default is 1e-4.";

        internal override OwnClassTerm Term(double share, Reasoning reasoning) => new(0, Ridge, reasoning == Reasoning.PositiveOnly);
    }

    /// <summary>
    /// (μ_own π_k/2) (w − 1)², where π_k is the class's share of the images by weight. What a class's images say of a weight counts for π_k in the
    /// mean loss, so that the same μ_own pulls as strongly whatever the number of classes; <see cref="TowardOne"/> pulls more strongly the more there are.
    /// </summary>
    /// <param name="Ridge">μ_own, above 0.</param>
    public sealed record TowardOneByShare(double Ridge = 6e-3) : OwnClassPenalty
    {
        internal override string? Fault => Ridge > 0 && double.IsFinite(Ridge) ? null
            : $"μ_own ({nameof(Ridge)}) is {Ridge}; it must be finite and above 0. The default is 6e-3.";

        internal override OwnClassTerm Term(double share, Reasoning reasoning) => new(0, Ridge * share, reasoning == Reasoning.PositiveOnly);
    }

    /// <summary>
    /// λ_own π_k w with w ≥ 0, where π_k is the class's share of the images by weight: a class keeps the few prototypes that it needs, and the
    /// weights of the others are exactly 0. An image thus pays λ_own times the weights of its own class, however many images and classes there are.
    /// </summary>
    /// <param name="L1">λ_own, above 0.</param>
    public sealed record Sparse(double L1 = 1e-2) : OwnClassPenalty
    {
        internal override string? Fault => L1 > 0 && double.IsFinite(L1) ? null
            : $"λ_own ({nameof(L1)}) is {L1}; it must be finite and above 0. The default is 1e-2.";

        internal override OwnClassTerm Term(double share, Reasoning reasoning) => new(L1 * share, 0, NonNegative: true);
    }
}

/// <summary>The penalty on an own-class weight w: <paramref name="Price"/> w + <paramref name="Ridge"/>/2 (w − 1)².</summary>
/// <param name="Price">The ℓ₁ price; above 0 only for weights that must not be negative.</param>
/// <param name="Ridge">The pull toward 1.</param>
/// <param name="NonNegative">Whether w ≥ 0 is required.</param>
internal readonly record struct OwnClassTerm(double Price, double Ridge, bool NonNegative)
{
    /// <summary>Whether the conjugate is finite anywhere but at 0.</summary>
    public bool HasDualBound => Ridge > 0 || Price > 0;

    public double Value(double w) => Ridge / 2 * (w - 1) * (w - 1) + Price * w;

    public double Slope(double w) => Ridge * (w - 1) + Price;

    /// <summary>The minimum over w of curvature/2 w² − <paramref name="pull"/> w + this penalty.</summary>
    public double Minimum(double curvature, double pull)
    {
        double w = (pull + Ridge - Price) / (curvature + Ridge);
        return NonNegative ? Math.Max(0, w) : w;
    }

    /// <summary>The largest c ≤ 1 at which the penalty plus c <paramref name="g"/> w is bounded below.</summary>
    public double FeasibleShare(double g) => Ridge == 0 && g < -Price ? Price / -g : 1;

    /// <summary>max over the allowed w of −g w − penalty, for a feasible g.</summary>
    public double Conjugate(double g)
    {
        if (Ridge == 0) return 0;
        double w = 1 - (g + Price) / Ridge;
        if (NonNegative) w = Math.Max(0, w);
        return -(g + Price) * w - Ridge / 2 * (w - 1) * (w - 1);
    }
}
