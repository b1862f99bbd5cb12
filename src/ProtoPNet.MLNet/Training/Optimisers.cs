using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Training;

/// <summary>The phases that share an optimiser.</summary>
internal enum OptimiserKind
{
    WarmUp,
    Joint,
    AnchoredTuning,
    LastLayer,
}

/// <summary>
/// The three Adam optimisers of the published recipe and one for anchored tuning; each keeps its moments across all phases of its kind.
/// </summary>
internal sealed class Optimisers(ProtoPNetNetwork network) : IDisposable
{
    private readonly SortedDictionary<OptimiserKind, Adam> _live = [];

    /// <summary>The optimisers used so far.</summary>
    public IReadOnlyDictionary<OptimiserKind, Adam> Live => _live;

    /// <summary>The optimiser of a phase, with its learning rates set.</summary>
    public Adam For(EpochPhase phase, LearningRates rates)
    {
        double addOn = rates.AddOn ?? 0, prototypes = rates.Prototypes ?? 0;
        return phase switch
        {
            WarmUp p => Of(OptimiserKind.WarmUp).With((addOn, p.WeightDecay), (prototypes, 0)),
            Joint p => Of(OptimiserKind.Joint).With((rates.Backbone ?? 0, p.WeightDecay), (addOn, p.WeightDecay), (prototypes, 0)),
            AnchoredTuning p => Of(OptimiserKind.AnchoredTuning).With((addOn, p.WeightDecay)),
            SteppedLastLayer => Of(OptimiserKind.LastLayer).With((rates.LastLayer ?? 0, 0)),
            _ => throw new NotSupportedException($"No optimiser serves the phase '{phase.Name}'."),
        };
    }

    /// <summary>The optimiser of a kind, created on first use.</summary>
    public Adam Of(OptimiserKind kind)
    {
        if (!_live.TryGetValue(kind, out Adam? adam))
            _live[kind] = adam = kind switch
            {
                OptimiserKind.WarmUp => new(network.AddOnLayers.parameters(), [network.PrototypeVectors]),
                OptimiserKind.Joint => new(network.Features.parameters(), network.AddOnLayers.parameters(), [network.PrototypeVectors]),
                OptimiserKind.AnchoredTuning => new(network.AddOnLayers.parameters()),
                _ => new([network.LastLayer]),
            };
        return adam;
    }

    public void Dispose()
    {
        foreach (Adam adam in _live.Values) adam.Dispose();
    }
}
