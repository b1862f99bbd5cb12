using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Weights;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Persistence;

/// <summary>A network's tensors as a safetensors stream, read one by one so that they are never in memory twice.</summary>
internal static class NetworkEntry
{
    public static void Write(Stream stream, nn.Module network)
    {
        using var scope = NewDisposeScope();
        Safetensors.Write(stream, StateDict.Of(network).Select(t => (t.Name, t.Tensor.detach())));
    }

    /// <summary>Builds the network and loads the stream's tensors into it.</summary>
    /// <exception cref="WeightsFormatException">The stream is damaged.</exception>
    /// <exception cref="StateDictMismatchException">It holds the tensors of another network.</exception>
    public static ProtoPNetNetwork Read(Stream stream, string origin, NetworkArchitecture architecture) => Read(
        stream, origin,
        [
            new("prototype_vectors", [architecture.Prototypes, architecture.PrototypeDepth, architecture.PrototypeHeight, architecture.PrototypeWidth]),
            new("last_layer.weight", [architecture.Classes, architecture.Prototypes]),
            .. Claimed(architecture.Backbone, architecture.Stages),
        ],
        () => new ProtoPNetNetwork(architecture, initial: null));

    /// <inheritdoc cref="Read(Stream, string, NetworkArchitecture)"/>
    public static PooledNetwork Read(Stream stream, string origin, PooledArchitecture architecture) => Read(
        stream, origin,
        [
            new("classifier.weight", [architecture.Classes, architecture.Backbone.Graph.Cut(architecture.Stages).Channels]),
            .. Claimed(architecture.Backbone, architecture.Stages),
        ],
        () => new PooledNetwork(architecture, initial: null));

    /// <summary>The tensors of a backbone that the description brings.</summary>
    private static IEnumerable<ClaimedShape> Claimed(Backbone backbone, int? stages) => backbone.IsPublished ? []
        : backbone.Graph.Cut(stages).Nodes.SelectMany(node
            => node.Operation.Tensors.Select(tensor => new ClaimedShape($"features.{node.Name}.{tensor.Name}", tensor.Shape)));

    /// <param name="stream">The stream.</param>
    /// <param name="origin">What it is called in messages.</param>
    /// <param name="claimed">Sizes claimed by the description, which are trusted only if the tensors match.</param>
    /// <param name="build">Builds the network, in zeros.</param>
    private static TNetwork Read<TNetwork>(Stream stream, string origin, IReadOnlyList<ClaimedShape> claimed, Func<TNetwork> build)
        where TNetwork : nn.Module
    {
        TNetwork? network = null;
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
            foreach (ClaimedShape claim in claimed) CheckShape(tensors, claim);
            if (stream.CanSeek && tensors.Sum(t => (decimal)t.Elements) > stream.Length)
                throw new WeightsFormatException(origin, "it is shorter than its tensors: truncated or damaged.");

            network = build();
            wanted = StateDict.Of(network).ToDictionary(t => t.Name, t => t.Tensor, StringComparer.Ordinal);
            string[] given = [.. tensors.Select(t => t.Name)];
            string[] misshapen = [.. tensors.Where(t => wanted.TryGetValue(t.Name, out Tensor? w) && !w.shape.SequenceEqual(t.Shape))
                .Select(t => $"{t}, expected [{string.Join(" × ", wanted[t.Name].shape)}]")];
            string[] missing = [.. wanted.Keys.Except(given)], surplus = [.. given.Except(wanted.Keys)];
            if (missing.Length + surplus.Length + misshapen.Length > 0) throw new StateDictMismatchException(origin, missing, surplus, misshapen);
        }

        void CheckShape(IReadOnlyList<TensorInfo> tensors, ClaimedShape claim)
        {
            if (tensors.FirstOrDefault(t => t.Name == claim.Name) is not { } info) throw new StateDictMismatchException(origin, [claim.Name], [], []);
            if (!info.Shape.SequenceEqual(claim.Shape))
                throw new StateDictMismatchException(origin, [], [], [$"{info}, expected [{string.Join(" × ", claim.Shape)}]"]);
        }
    }

    private sealed record ClaimedShape(string Name, long[] Shape);
}
