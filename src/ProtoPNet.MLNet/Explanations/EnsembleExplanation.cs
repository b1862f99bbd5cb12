using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>A member of an ensemble and its own explanation, whose classes are in the order of the member.</summary>
public sealed class MemberExplanation
{
    private readonly IReadOnlyList<int> _classes;

    internal MemberExplanation(CombinedModel member, LocalExplanation explanation)
    {
        (Name, Explanation, _classes) = (member.Name, explanation, member.Classes);
        float[] own = [.. explanation.Ranking.OrderBy(score => score.Index).Select(score => score.Logit)];
        Logits = member.InOrder(own);
    }

    /// <summary>The member's name.</summary>
    public string Name { get; }

    /// <summary>The member's explanation by itself.</summary>
    public LocalExplanation Explanation { get; }

    /// <summary>Its share of the ensemble's logits (K), in the ensemble's order of classes: its own logits.</summary>
    public IReadOnlyList<float> Logits { get; }

    /// <summary>The member's number of a class of the ensemble.</summary>
    public int ClassOf(int classIndex) => _classes[classIndex];
}

/// <summary>A member's share of a class's logit, and the evidence that it consists of.</summary>
/// <param name="Member">The member.</param>
/// <param name="Evidence">Its evidence; the sum is <paramref name="Points"/> up to rounding.</param>
/// <param name="Points">Its logit.</param>
public sealed record MemberShare(MemberExplanation Member, ClassEvidence Evidence, float Points);

/// <summary>
/// The explanation of an ensemble's prediction: each member's, with its share. The members' points add up to the ensemble's logits, as the
/// prototypes' points add up to a member's.
/// </summary>
public sealed class EnsembleExplanation
{
    private readonly ClassScore[] _classes;

    internal EnsembleExplanation(IReadOnlyList<string> classNames, IReadOnlyList<MemberExplanation> members)
    {
        Members = members;
        float[] logits = SummedLogits.Of([.. members.Select(member => member.Logits.ToArray())]);
        float[] probabilities = SummedLogits.Probabilities(logits, members.Count);
        _classes = [.. classNames.Select((name, k) => new ClassScore(k, name, logits[k], probabilities[k]))];
        Ranking = [.. _classes.OrderByDescending(score => score.Logit)];
        float?[] own = [.. members.Select(member => member.Explanation.Familiarity)];
        Familiarity = own.Contains(null) ? null : own.Average();
    }

    /// <summary>All classes, the most probable first: logits are sums over the members, probabilities the softmax of their means.</summary>
    public IReadOnlyList<ClassScore> Ranking { get; }

    /// <summary>The most probable class.</summary>
    public ClassScore Predicted => Ranking[0];

    /// <summary>The mean of the members' familiarities, each for the class that it predicts itself; null if one has none.</summary>
    public float? Familiarity { get; }

    /// <summary>The members, in the order of the ensemble.</summary>
    public IReadOnlyList<MemberExplanation> Members { get; }

    /// <summary>The members' shares of a class's logit; their sum is that logit.</summary>
    /// <param name="classIndex">The class, 0-based, in the ensemble's order.</param>
    /// <param name="atMost">The number of its prototypes to list for each member; the others are part of the remaining evidence.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such class.</exception>
    public IReadOnlyList<MemberShare> For(int classIndex, int atMost = int.MaxValue)
    {
        if (classIndex < 0 || classIndex >= _classes.Length)
            throw new ArgumentOutOfRangeException(nameof(classIndex), classIndex, $"Classes are numbered 0 to {_classes.Length - 1}.");
        return [.. Members.Select(member
            => new MemberShare(member, member.Explanation.For(member.ClassOf(classIndex), atMost), member.Logits[classIndex]))];
    }
}
