using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Weights;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Persistence;

/// <summary>A network's tensors as a safetensors stream, read one by one so that they are never in memory twice.</summary>
internal static class NetworkEntry
{
    public static void Write(Stream stream, ProtoPNetNetwork network)
    {
        using var scope = NewDisposeScope();
        Safetensors.Write(stream, StateDict.Of(network).Select(t => (t.Name, t.Tensor.detach())));
    }

    /// <summary>Builds the network and loads the stream's tensors into it.</summary>
    /// <exception cref="WeightsFormatException">The stream is damaged.</exception>
    /// <exception cref="StateDictMismatchException">It holds the tensors of another network.</exception>
    public static ProtoPNetNetwork Read(Stream stream, string origin, NetworkArchitecture architecture)
    {
        ProtoPNetNetwork? network = null;
        Dictionary<string, Tensor> wanted = [];
        try
        {
            foreach ((string name, Tensor tensor) in Safetensors.Read(stream, origin, Build))
            {
                using var mode = no_grad();
                using (tensor) wanted[name].copy_(tensor);
            }
            return network ?? throw new WeightsFormatException(origin, "it holds nothing.");
        }
        catch
        {
            network?.Dispose();
            throw;
        }

        void Build(IReadOnlyList<TensorInfo> tensors)
        {
            // Sizes claimed by the description are trusted only if the tensors match.
            CheckShape(tensors, "prototype_vectors",
                architecture.Prototypes, architecture.PrototypeDepth, architecture.PrototypeHeight, architecture.PrototypeWidth);
            CheckShape(tensors, "last_layer.weight", architecture.Classes, architecture.Prototypes);
            if (!architecture.Backbone.IsPublished)
                foreach (GraphNode node in architecture.Backbone.Graph.Cut(architecture.Stages).Nodes)
                    foreach (OwnedTensor tensor in node.Operation.Tensors)
                        CheckShape(tensors, $"features.{node.Name}.{tensor.Name}", tensor.Shape);
            if (stream.CanSeek && tensors.Sum(t => (decimal)t.Elements) > stream.Length)
                throw new WeightsFormatException(origin, "it is shorter than its tensors: truncated or damaged.");

            network = new ProtoPNetNetwork(architecture, initial: null);
            wanted = StateDict.Of(network).ToDictionary(t => t.Name, t => t.Tensor, StringComparer.Ordinal);
            string[] given = [.. tensors.Select(t => t.Name)];
            string[] misshapen = [.. tensors.Where(t => wanted.TryGetValue(t.Name, out Tensor? w) && !w.shape.SequenceEqual(t.Shape))
                .Select(t => $"{t}, expected [{string.Join(" × ", wanted[t.Name].shape)}]")];
            string[] missing = [.. wanted.Keys.Except(given)], surplus = [.. given.Except(wanted.Keys)];
            if (missing.Length + surplus.Length + misshapen.Length > 0) throw new StateDictMismatchException(origin, missing, surplus, misshapen);
        }

        void CheckShape(IReadOnlyList<TensorInfo> tensors, string name, params long[] shape)
        {
            if (tensors.FirstOrDefault(t => t.Name == name) is not { } info) throw new StateDictMismatchException(origin, [name], [], []);
            if (!info.Shape.SequenceEqual(shape))
                throw new StateDictMismatchException(origin, [], [], [$"{info}, expected [{string.Join(" × ", shape)}]"]);
        }
    }
}
