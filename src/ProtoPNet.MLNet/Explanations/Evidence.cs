namespace ProtoPNet.MLNet.Explanations;

/// <summary>A class with what the network says of it.</summary>
/// <param name="Index">Its number, 0-based.</param>
/// <param name="Name">Its name.</param>
/// <param name="Logit">The sum of all evidence.</param>
/// <param name="Probability">Softmax of the logits.</param>
public sealed record ClassScore(int Index, string Name, float Logit, float Probability);

/// <summary>One line of the sum: this part looks like that prototype, which is worth so many points to the class.</summary>
/// <param name="Activation">The prototype, its similarity and where it fires.</param>
/// <param name="Weight">Its weight to the class in the last layer.</param>
public sealed record Evidence(Activation Activation, float Weight)
{
    /// <summary>Similarity × weight.</summary>
    public double Points => (double)Activation.Similarity * Weight;
}

/// <summary>What the prototypes that are not listed one by one add to a logit.</summary>
/// <param name="Count">How many they are.</param>
/// <param name="Positive">The sum of their points for the class.</param>
/// <param name="Negative">The sum of their points against it, zero or less.</param>
public sealed record RemainingEvidence(int Count, double Positive, double Negative)
{
    /// <summary>Both.</summary>
    public double Points => Positive + Negative;
}

/// <summary>Why the network gives a class its logit: <see cref="Sum"/> is that logit, rounding aside.</summary>
/// <param name="Class">The class.</param>
/// <param name="Evidence">Prototypes of the class, most points first.</param>
/// <param name="Remaining">All other prototypes together.</param>
public sealed record ClassEvidence(ClassScore Class, IReadOnlyList<Evidence> Evidence, RemainingEvidence Remaining)
{
    /// <summary>All points, those of the remaining prototypes included.</summary>
    public double Sum => Evidence.Sum(line => line.Points) + Remaining.Points;
}

/// <summary>What a prototype says for one class rather than another.</summary>
/// <param name="Activation">The prototype, its similarity and where it fires.</param>
/// <param name="Points">Its points for the one class.</param>
/// <param name="OtherPoints">Its points for the other.</param>
public sealed record EvidenceGap(Activation Activation, double Points, double OtherPoints)
{
    /// <summary>How far it moves the decision toward the one class; toward the other where negative.</summary>
    public double Gap => Points - OtherPoints;
}

/// <summary>Why one class and not another: <see cref="Sum"/> is the difference of their logits, rounding aside.</summary>
/// <param name="Class">The one class.</param>
/// <param name="Other">The other.</param>
/// <param name="Gaps">The prototypes that decide most, the strongest first.</param>
/// <param name="Remaining">All other prototypes together.</param>
public sealed record Contrast(ClassScore Class, ClassScore Other, IReadOnlyList<EvidenceGap> Gaps, RemainingEvidence Remaining)
{
    /// <summary>All gaps, those of the remaining prototypes included.</summary>
    public double Sum => Gaps.Sum(line => line.Gap) + Remaining.Points;
}
