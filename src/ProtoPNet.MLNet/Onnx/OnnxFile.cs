using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.Weights;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Onnx;

/// <summary>
/// Writes a graph to a file. Protobuf is limited to 2 GB: beyond that, tensors go into a second file next to it, <c>NAME.data</c>; keep them
/// together.
/// </summary>
internal static class OnnxFile
{
    private const int IrVersion = 8, Opset = 17, FloatType = 1, External = 1, Alignment = 4096;

    /// <summary>An input or output of the graph: name, and dimensions as numbers or names.</summary>
    public sealed record Value(string Name, params object[] Shape);

    /// <summary>Writes to a temporary file and renames it, so that no incomplete model ever has that name.</summary>
    public static void Write(
        string path, OnnxGraph graph, Value input, Value[] outputs, IReadOnlyDictionary<string, string> metadata, long largest = 2_000_000_000)
    {
        bool external = graph.Constants.Sum(c => Bytes(c.Tensor)) > largest;
        string data = path + ".data";
        if (external) WholeFile.Write(data, stream => WriteData(graph, stream));
        WholeFile.Write(path, stream => WriteModel(graph, input, outputs, metadata, external ? Path.GetFileName(data) : null, stream));
        if (!external) File.Delete(data); // of an earlier, larger model
    }

    /// <summary>The model in memory, for an engine in this process; at most 2 GB.</summary>
    public static byte[] InMemory(OnnxGraph graph, Value input, Value output)
    {
        using var stream = new MemoryStream(checked((int)graph.Constants.Sum(c => Bytes(c.Tensor)) + (1 << 20)));
        WriteModel(graph, input, [output], new Dictionary<string, string>(), null, stream);
        return stream.ToArray();
    }

    private static void WriteModel(
        OnnxGraph graph, Value input, Value[] outputs, IReadOnlyDictionary<string, string> metadata, string? dataFile, Stream stream)
    {
        // A tensor's message precedes its bytes, and lengths precede everything: so heads first, then lengths, then bytes.
        long place = 0;
        List<(byte[] Head, Tensor? Raw)> initializers = [];
        foreach ((string name, Tensor tensor) in graph.Constants)
        {
            ProtoMessage message = new ProtoMessage().Each(tensor.shape, (m, d) => m.Number(1, d)).Number(2, FloatType).Text(8, name);
            if (dataFile is null) message.Announce(9, Bytes(tensor));
            else
            {
                foreach ((string key, string value) in (ReadOnlySpan<(string, string)>)
                    [("location", dataFile), ("offset", $"{place}"), ("length", $"{Bytes(tensor)}")])
                    message.Message(13, Pair(key, value));
                message.Number(14, External);
                place = Next(place + Bytes(tensor));
            }
            byte[] body = message.ToArray();
            byte[] head = [.. new ProtoMessage().Announce(5, body.Length + (dataFile is null ? Bytes(tensor) : 0)).ToArray(), .. body];
            initializers.Add((head, dataFile is null ? tensor : null));
        }
        byte[] nodes = new ProtoMessage().Each(graph.Nodes, (m, node) => m.Message(1, node)).Text(2, "ProtoPNet").ToArray();
        byte[] values = new ProtoMessage().Message(11, Describe(input)).Each(outputs, (m, output) => m.Message(12, Describe(output))).ToArray();
        long graphLength = nodes.Length + values.Length + initializers.Sum(i => i.Head.Length + (i.Raw is null ? 0 : Bytes(i.Raw)));

        stream.Write(new ProtoMessage().Number(1, IrVersion).Text(2, "ProtoPNet.MLNet").Announce(7, graphLength).ToArray());
        stream.Write(nodes);
        foreach ((byte[] head, Tensor? raw) in initializers)
        {
            stream.Write(head);
            if (raw is not null) TensorBytes.Write(raw, stream);
        }
        stream.Write(values);
        stream.Write(new ProtoMessage().Message(8, new ProtoMessage().Text(1, "").Number(2, Opset))
            .Each(metadata, (model, entry) => model.Message(14, Pair(entry.Key, entry.Value))).ToArray());
    }

    private static void WriteData(OnnxGraph graph, FileStream stream)
    {
        foreach ((_, Tensor tensor) in graph.Constants)
        {
            TensorBytes.Write(tensor, stream);
            stream.Position = Next(stream.Position);
        }
        stream.SetLength(stream.Position);
    }

    private static long Next(long place) => (place + Alignment - 1) / Alignment * Alignment;

    private static long Bytes(Tensor tensor) => tensor.numel() * sizeof(float);

    private static ProtoMessage Pair(string key, string value) => new ProtoMessage().Text(1, key).Text(2, value);

    private static ProtoMessage Describe(Value value)
    {
        ProtoMessage shape = new ProtoMessage().Each(value.Shape, (m, dimension) => m.Message(1, dimension is string name
            ? new ProtoMessage().Text(2, name)
            : new ProtoMessage().Number(1, Convert.ToInt64(dimension))));
        ProtoMessage tensor = new ProtoMessage().Number(1, FloatType).Message(2, shape);
        return new ProtoMessage().Text(1, value.Name).Message(2, new ProtoMessage().Message(1, tensor));
    }
}
