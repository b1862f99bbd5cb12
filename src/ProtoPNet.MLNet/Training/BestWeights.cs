using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>A copy of a network's tensors, to restore later.</summary>
internal sealed class BestWeights : IDisposable
{
    private readonly Dictionary<string, Tensor> _kept = [];

    /// <summary>The kept tensors by name; empty before the first <see cref="Keep(ProtoPNetNetwork)"/>.</summary>
    public IReadOnlyDictionary<string, Tensor> Tensors => _kept;

    public void Keep(ProtoPNetNetwork network)
    {
        foreach ((string name, Tensor tensor) in StateDict.Of(network)) Keep(name, tensor);
    }

    /// <summary>Keeps a copy of one tensor.</summary>
    public void Keep(string name, Tensor tensor)
    {
        using var mode = no_grad();
        Tensor copy = tensor.detach().clone().DetachFromDisposeScope();
        if (_kept.Remove(name, out Tensor? before)) before.Dispose();
        _kept[name] = copy;
    }

    /// <summary>Restores the kept tensors to the network and releases them.</summary>
    public void GiveBack(ProtoPNetNetwork network)
    {
        StateDict.Assign(network, _kept.Keys, name => _kept[name].alias(), "the best epoch");
        Dispose();
    }

    /// <summary>Releases the kept tensors.</summary>
    public void Dispose()
    {
        foreach (Tensor tensor in _kept.Values) tensor.Dispose();
        _kept.Clear();
    }
}
