using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Persistence;

/// <summary>The backbone's features of all prototypes' patches (P × Chw) as a safetensors stream.</summary>
internal static class PrototypeFeaturesEntry
{
    private const string Name = "features";

    /// <param name="stream">The stream.</param>
    /// <param name="prototypes">The prototypes, whose features are all known.</param>
    public static void Write(Stream stream, IReadOnlyList<Prototype> prototypes)
    {
        using DisposeScope scope = NewDisposeScope();
        Safetensors.Write(stream, [(Name, stack(prototypes.Select(prototype
            => tensor(prototype.Source!.Features.ToArray()))))]);
    }

    /// <summary>The features of each prototype.</summary>
    /// <exception cref="WeightsFormatException">The stream is damaged, or holds something else.</exception>
    public static IReadOnlyList<ReadOnlyMemory<float>> Read(Stream stream, string origin, NetworkArchitecture architecture)
    {
        long channels = architecture.Backbone.Graph.Cut(architecture.Stages).Channels;
        long[] expected = [architecture.Prototypes, channels * architecture.PrototypeHeight * architecture.PrototypeWidth];
        float[] all = [];
        foreach ((_, Tensor read) in Safetensors.Read(stream, origin, Check))
            using (read) all = read.data<float>().ToArray();
        if (all.Any(value => !float.IsFinite(value))) throw new WeightsFormatException(origin, "a value is not a finite number.");
        return [.. all.Chunk(checked((int)expected[1])).Select(row => (ReadOnlyMemory<float>)row)];

        void Check(IReadOnlyList<TensorInfo> found)
        {
            if (found is not [{ Name: Name, Type: ScalarType.Float32 } info] || !info.Shape.SequenceEqual(expected))
                throw new WeightsFormatException(
                    origin, $"it holds {(found is [{ } one] ? one : $"{found.Count} tensors")} instead of one tensor '{Name}' of {string.Join(" × ", expected)} numbers.");
            if (stream.CanSeek && info.Elements > stream.Length)
                throw new WeightsFormatException(origin, "it is shorter than its tensor: truncated or damaged.");
        }
    }
}
