using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Pruning;

/// <summary>Which prototypes are to go, and how the last layer is solved for those that stay.</summary>
public sealed record PruningOptions
{
    /// <summary>The paper's rule, or another; null: none. It needs training photographs.</summary>
    public PruningRule? Rule { get; init; }

    /// <summary>Prototypes that a person has chosen, by index: "this one looks at the background".</summary>
    public IReadOnlyCollection<int> Remove { get; init; } = [];

    /// <summary>Whether prototypes of a class that are the same patch become one. Their weights add up, so that no logit changes.</summary>
    public bool MergeDuplicates { get; init; }

    /// <summary>How λ is chosen where prototypes were removed; null: as it was in training where the model says so, otherwise 3e-3.</summary>
    public L1Choice? L1 { get; init; }

    /// <summary>Views of each training photograph that the last layer is solved on: the photograph itself, then augmented ones. At least 1.</summary>
    public int Views { get; init; } = 5;
}
