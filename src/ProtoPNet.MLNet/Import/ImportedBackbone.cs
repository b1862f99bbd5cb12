using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Import;

/// <summary>A backbone's graph and its weights, which are read on demand.</summary>
internal sealed class ImportedBackbone(BackboneGraph graph, IReadOnlyDictionary<string, Func<Tensor>> weights, IDisposable file) : IDisposable
{
    public BackboneGraph Graph => graph;

    /// <summary>The state dict names of its tensors.</summary>
    public IEnumerable<string> Names => weights.Keys;

    /// <summary>A new tensor, owned by the caller.</summary>
    public Tensor Load(string name) => weights[name]();

    /// <summary>The backbone with its weights, whole or cut, in evaluation mode.</summary>
    public BackboneNetwork Network(int? stages = null)
    {
        var network = new BackboneNetwork(graph.Cut(stages));
        Fill(network);
        network.eval();
        return network;
    }

    /// <summary>Copies its weights into a network of its graph, whole or cut.</summary>
    public void Fill(BackboneNetwork network)
    {
        HashSet<string> wanted = [.. StateDict.Of(network).Select(t => t.Name)];
        StateDict.Assign(network, weights.Keys.Where(wanted.Contains), Load, graph.Name);
    }

    public void Dispose() => file.Dispose();
}
