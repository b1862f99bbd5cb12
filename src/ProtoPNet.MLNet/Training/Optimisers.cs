using ProtoPNet.MLNet.Network;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>The three Adam optimisers of the published recipe: each keeps its moments over all phases of its kind.</summary>
internal sealed class Optimisers(ProtoPNetNetwork network) : IDisposable
{
    private Adam? _warmUp, _joint, _lastLayer;

    /// <summary>The optimiser of a gradient phase, its rates set to the phase's times <paramref name="factor"/>.</summary>
    public Adam For(GradientPhase phase, double factor)
    {
        switch (phase)
        {
            case Joint joint:
                _joint ??= Create(network.Features.parameters(), network.AddOnLayers.parameters(), [network.PrototypeVectors]);
                Set(_joint, (joint.BackboneRate * factor, phase.WeightDecay), (phase.AddOnRate * factor, phase.WeightDecay), (phase.PrototypeRate * factor, 0));
                return _joint;
            default:
                _warmUp ??= Create(network.AddOnLayers.parameters(), [network.PrototypeVectors]);
                Set(_warmUp, (phase.AddOnRate * factor, phase.WeightDecay), (phase.PrototypeRate * factor, 0));
                return _warmUp;
        }
    }

    /// <summary>The optimiser of the stepped last layer.</summary>
    public Adam For(SteppedLastLayer phase)
    {
        _lastLayer ??= Create([network.LastLayer]);
        Set(_lastLayer, (phase.Rate, 0));
        return _lastLayer;
    }

    public void Dispose()
    {
        _warmUp?.Dispose();
        _joint?.Dispose();
        _lastLayer?.Dispose();
    }

    private static Adam Create(params IEnumerable<Parameter>[] groups)
        => optim.Adam(groups.Select(g => new Adam.ParamGroup(g, new Adam.Options { LearningRate = 1e-3, InitialLearningRate = 1e-3 })));

    private static void Set(Adam adam, params (double Rate, double Decay)[] groups)
    {
        Adam.ParamGroup[] all = [.. adam.ParamGroups.Cast<Adam.ParamGroup>()];
        for (int i = 0; i < groups.Length; i++)
        {
            all[i].LearningRate = groups[i].Rate;
            all[i].Options.weight_decay = groups[i].Decay;
        }
    }
}
