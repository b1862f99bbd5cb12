using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Pruning;

/// <summary>The result of pruning.</summary>
/// <param name="Before">The model before pruning.</param>
/// <param name="After">The model after pruning.</param>
/// <param name="Pruned">The removed prototypes, by old index.</param>
/// <param name="Spared">Prototypes that the rule would remove, kept because their class would have none left.</param>
/// <param name="LastLayer">The last layer's new optimum; null if it was not solved again.</param>
public sealed record PruningReport(
    PruningFigures Before, PruningFigures After, IReadOnlyList<PrunedPrototype> Pruned, IReadOnlyList<Prototype> Spared, L1Chosen? LastLayer);

/// <summary>The size and accuracy of a model.</summary>
/// <param name="Prototypes">The number of prototypes.</param>
/// <param name="Connections">The number of non-zero weights between a prototype and a class other than its own.</param>
/// <param name="TrainingAccuracy">Share of the training photographs classified correctly; null if none were given.</param>
/// <param name="TestAccuracy">Share of the test photographs classified correctly; null if none were given.</param>
public sealed record PruningFigures(int Prototypes, int Connections, double? TrainingAccuracy, double? TestAccuracy);

/// <summary>A removed prototype.</summary>
/// <param name="Prototype">The prototype, with its old index.</param>
/// <param name="Reason">Why it was removed.</param>
/// <param name="Purity">The share of its nearest training photographs that are of its class; null if none were given.</param>
public sealed record PrunedPrototype(Prototype Prototype, PruningReason Reason, double? Purity);

/// <summary>Why a prototype was removed.</summary>
public abstract record PruningReason
{
    private PruningReason()
    {
    }

    /// <summary>By the rule: too few of its nearest training photographs are of its class.</summary>
    /// <param name="Own">The number that are.</param>
    /// <param name="Nearest">The number considered.</param>
    public sealed record TooFewOfItsClass(int Own, int Nearest) : PruningReason
    {
        /// <inheritdoc/>
        public override string ToString() => $"{Own} of its {Nearest} nearest training photographs are of its class";
    }

    /// <summary>The new last layer gives it no weight.</summary>
    public sealed record Unused : PruningReason
    {
        /// <inheritdoc/>
        public override string ToString() => "the new last layer does not use it";
    }

    /// <summary>It was removed by hand.</summary>
    public sealed record Chosen : PruningReason
    {
        /// <inheritdoc/>
        public override string ToString() => "chosen";
    }

    /// <summary>It is a patch of a region that was forbidden.</summary>
    /// <param name="ImageId">The photograph of the region.</param>
    public sealed record Forbidden(string ImageId) : PruningReason
    {
        /// <inheritdoc/>
        public override string ToString() => $"its patch lies in a forbidden region of {ImageId}";
    }

    /// <summary>It was merged by hand into another.</summary>
    /// <param name="Other">The other, with its old index.</param>
    public sealed record MergedInto(Prototype Other) : PruningReason
    {
        /// <inheritdoc/>
        public override string ToString() => $"merged into {Other.Name}";
    }

    /// <summary>It was the same patch as another, to which its weights were added.</summary>
    /// <param name="Other">The other, with its old index.</param>
    public sealed record SameAs(Prototype Other) : PruningReason
    {
        /// <inheritdoc/>
        public override string ToString() => $"the same patch as {Other.Name}, merged";
    }
}
