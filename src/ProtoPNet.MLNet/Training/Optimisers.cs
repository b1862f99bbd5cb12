using ProtoPNet.MLNet.Network;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>Which phases an optimiser serves.</summary>
internal enum OptimiserKind
{
    WarmUp,
    Joint,
    LastLayer,
}

/// <summary>The three Adam optimisers of the published recipe: each keeps its moments over all phases of its kind.</summary>
internal sealed class Optimisers(ProtoPNetNetwork network) : IDisposable
{
    private readonly SortedDictionary<OptimiserKind, Adam> _live = [];

    /// <summary>Those that have been used.</summary>
    public IReadOnlyDictionary<OptimiserKind, Adam> Live => _live;

    /// <summary>The optimiser of a gradient phase, set to these rates.</summary>
    public Adam For(GradientPhase phase, LearningRates rates)
    {
        double addOn = rates.AddOn ?? 0, prototypes = rates.Prototypes ?? 0;
        return phase is Joint
            ? Set(Of(OptimiserKind.Joint), (rates.Backbone ?? 0, phase.WeightDecay), (addOn, phase.WeightDecay), (prototypes, 0))
            : Set(Of(OptimiserKind.WarmUp), (addOn, phase.WeightDecay), (prototypes, 0));
    }

    /// <summary>The optimiser of the stepped last layer.</summary>
    public Adam For(SteppedLastLayer phase) => Set(Of(OptimiserKind.LastLayer), (phase.Rate, 0));

    /// <summary>The optimiser of a kind, made where there is none yet.</summary>
    public Adam Of(OptimiserKind kind)
    {
        if (!_live.TryGetValue(kind, out Adam? adam))
            _live[kind] = adam = kind switch
            {
                OptimiserKind.WarmUp => Create(network.AddOnLayers.parameters(), [network.PrototypeVectors]),
                OptimiserKind.Joint => Create(network.Features.parameters(), network.AddOnLayers.parameters(), [network.PrototypeVectors]),
                _ => Create([network.LastLayer]),
            };
        return adam;
    }

    public void Dispose()
    {
        foreach (Adam adam in _live.Values) adam.Dispose();
    }

    private static Adam Create(params IEnumerable<Parameter>[] groups)
        => optim.Adam(groups.Select(g => new Adam.ParamGroup(g, new Adam.Options { LearningRate = 1e-3, InitialLearningRate = 1e-3 })));

    private static Adam Set(Adam adam, params (double Rate, double Decay)[] groups)
    {
        Adam.ParamGroup[] all = [.. adam.ParamGroups.Cast<Adam.ParamGroup>()];
        for (int i = 0; i < groups.Length; i++)
        {
            all[i].LearningRate = groups[i].Rate;
            all[i].Options.weight_decay = groups[i].Decay;
        }
        return adam;
    }
}
