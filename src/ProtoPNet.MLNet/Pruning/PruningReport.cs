using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Pruning;

/// <summary>What pruning did.</summary>
/// <param name="Before">The model as it was.</param>
/// <param name="After">The model that was made of it.</param>
/// <param name="Pruned">The prototypes that are gone, in the order of their old indices.</param>
/// <param name="Spared">Prototypes that the rule condemns, kept because their class would have none.</param>
/// <param name="LastLayer">The last layer's new optimum; null where it stayed as it was.</param>
public sealed record PruningReport(
    PruningFigures Before, PruningFigures After, IReadOnlyList<PrunedPrototype> Pruned, IReadOnlyList<Prototype> Spared, L1Chosen? LastLayer);

/// <summary>A model in figures.</summary>
/// <param name="Prototypes">How many prototypes it has.</param>
/// <param name="Connections">Weights of the last layer between a prototype and another class than its own that are not 0.</param>
/// <param name="TrainingAccuracy">Share of the training photographs that it gets right; null where none were given.</param>
/// <param name="TestAccuracy">Share of the test photographs that it gets right; null where none were given.</param>
public sealed record PruningFigures(int Prototypes, int Connections, double? TrainingAccuracy, double? TestAccuracy);

/// <summary>A prototype that is gone.</summary>
/// <param name="Prototype">The prototype, with its old index.</param>
/// <param name="Reason">Why.</param>
/// <param name="Purity">The share of its nearest training photographs that are of its class; null where none were given.</param>
public sealed record PrunedPrototype(Prototype Prototype, PruningReason Reason, double? Purity);

/// <summary>Why a prototype is gone.</summary>
public abstract record PruningReason
{
    private PruningReason()
    {
    }

    /// <summary>The rule: too few of its nearest training photographs are of its class.</summary>
    /// <param name="Own">How many are.</param>
    /// <param name="Nearest">Of how many.</param>
    public sealed record TooFewOfItsClass(int Own, int Nearest) : PruningReason
    {
        /// <inheritdoc/>
        public override string ToString() => $"{Own} of its {Nearest} nearest training photographs are of its class";
    }

    /// <summary>A person chose it.</summary>
    public sealed record Chosen : PruningReason
    {
        /// <inheritdoc/>
        public override string ToString() => "chosen";
    }

    /// <summary>It was the same patch as another, which has its weights now.</summary>
    /// <param name="Other">The other, with its old index.</param>
    public sealed record SameAs(Prototype Other) : PruningReason
    {
        /// <inheritdoc/>
        public override string ToString() => $"the same patch as {Other.Name}, merged";
    }
}
