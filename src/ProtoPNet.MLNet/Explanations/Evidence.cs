namespace ProtoPNet.MLNet.Explanations;

/// <summary>A class and its score.</summary>
/// <param name="Index">Its number, 0-based.</param>
/// <param name="Name">Its name.</param>
/// <param name="Logit">The sum of all evidence.</param>
/// <param name="Probability">Softmax of the logits; of an ensemble, of their means over its members.</param>
public sealed record ClassScore(int Index, string Name, float Logit, float Probability);

/// <summary>One term of the sum: this part looks like that prototype, which contributes points to the class.</summary>
/// <param name="Activation">The prototype, its similarity and its place.</param>
/// <param name="Weight">Its weight in the class's logit.</param>
public sealed record Evidence(Activation Activation, float Weight)
{
    /// <summary>Similarity × weight.</summary>
    public double Points => (double)Activation.Similarity * Weight;
}

/// <summary>The total contribution of the prototypes that are not listed.</summary>
/// <param name="Count">The number of these prototypes.</param>
/// <param name="Positive">The sum of their points for the class.</param>
/// <param name="Negative">The sum of their points against it, zero or less.</param>
public sealed record RemainingEvidence(int Count, double Positive, double Negative)
{
    /// <summary>The sum of both.</summary>
    public double Points => Positive + Negative;
}

/// <summary>The evidence behind a class's logit: <see cref="Sum"/> equals that logit up to rounding.</summary>
/// <param name="Class">The class.</param>
/// <param name="Evidence">Prototypes of the class, most points first.</param>
/// <param name="Remaining">All other prototypes together.</param>
public sealed record ClassEvidence(ClassScore Class, IReadOnlyList<Evidence> Evidence, RemainingEvidence Remaining)
{
    /// <summary>All points, those of the remaining prototypes included.</summary>
    public double Sum => Evidence.Sum(line => line.Points) + Remaining.Points;
}

/// <summary>A prototype's evidence for one class rather than another.</summary>
/// <param name="Activation">The prototype, its similarity and its place.</param>
/// <param name="Points">Its points for the first class.</param>
/// <param name="OtherPoints">Its points for the other class.</param>
public sealed record EvidenceGap(Activation Activation, double Points, double OtherPoints)
{
    /// <summary>How far it moves the decision toward the first class; toward the other if negative.</summary>
    public double Gap => Points - OtherPoints;
}

/// <summary>Why one class and not another: <see cref="Sum"/> equals the difference of their logits up to rounding.</summary>
/// <param name="Class">The first class.</param>
/// <param name="Other">The other class.</param>
/// <param name="Gaps">The prototypes that decide most, the strongest first.</param>
/// <param name="Remaining">All other prototypes together.</param>
public sealed record Contrast(ClassScore Class, ClassScore Other, IReadOnlyList<EvidenceGap> Gaps, RemainingEvidence Remaining)
{
    /// <summary>All gaps, those of the remaining prototypes included.</summary>
    public double Sum => Gaps.Sum(line => line.Gap) + Remaining.Points;
}
