using ProtoPNet.MLNet.LastLayer;

namespace ProtoPNet.MLNet.Pruning;

/// <summary>How the last layer is solved after edits.</summary>
public sealed record EditingOptions
{
    /// <summary>How λ is chosen; null for the λ of training if the model records it, otherwise 3e-3.</summary>
    public L1Choice? L1 { get; init; }

    /// <summary>Views of each training photograph that the last layer is solved on: the photograph itself, then augmented ones. At least 1.</summary>
    public int Views { get; init; } = 5;

    /// <summary>Why the options are invalid; null if they are valid.</summary>
    internal string? Fault => Views < 1 ? $"Views is {Views}; it must be at least 1." : L1?.Fault;
}
