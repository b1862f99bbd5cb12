using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Pruning;

/// <summary>Which prototypes to remove, and how the last layer is solved for the rest.</summary>
public sealed record PruningOptions
{
    /// <summary>The rule by which prototypes are removed; null for none. It needs training photographs.</summary>
    public PruningRule? Rule { get; init; }

    /// <summary>Prototypes to remove by hand, by index, for example those that show the background.</summary>
    public IReadOnlyCollection<int> Remove { get; init; } = [];

    /// <summary>Whether prototypes of a class that are the same patch are merged. Their weights are added, so that no logit changes.</summary>
    public bool MergeDuplicates { get; init; }

    /// <summary>How λ is chosen if prototypes were removed; null for the λ of training if the model records it, otherwise 3e-3.</summary>
    public L1Choice? L1 { get; init; }

    /// <summary>Views of each training photograph that the last layer is solved on: the photograph itself, then augmented ones. At least 1.</summary>
    public int Views { get; init; } = 5;
}
