using System.Runtime.InteropServices;
using System.Text;

namespace ProtoPNet.MLNet.Tests.Import;

/// <summary>Small networks as ONNX files, written field by field.</summary>
internal sealed class SmallOnnx
{
    private readonly List<(int, byte[])> _graph = [];
    private readonly Random _random = new(1);

    /// <summary>How convolution weights are stored.</summary>
    public Func<string, long[], float[], byte[]> Keep { get; private set; } = Floats;

    public long Opset { get; init; } = 13;

    public long[] Input { get; init; } = [0, 3, 32, 32];

    /// <summary>Convolutions, a norm, a sum, pooling, a classifier.</summary>
    public static byte[] Model(Action<SmallOnnx>? change = null)
    {
        var model = new SmallOnnx();
        change?.Invoke(model);
        model.Conv("image", "a", 3, 8, stride: 2).Node("Relu", ["a"], "b");
        model.Conv("b", "c", 8, 8).Norm("c", "d", 8).Node("Add", ["d", "b"], "e").Node("Relu", ["e"], "f");
        model.Conv("f", "g", 8, 16, stride: 2);
        return model.End("g").Bytes();
    }

    /// <summary>A channel shuffle using shape arithmetic.</summary>
    public static byte[] Shuffle()
    {
        var model = new SmallOnnx();
        model.Conv("image", "a", 3, 8, stride: 4).Node("Shape", ["a"], "shape");
        foreach ((string name, long value) in new[] { ("0", 0L), ("2", 2L), ("3", 3L) })
            model.Longs($"i{name}", value).Node("Gather", ["shape", $"i{name}"], $"d{name}");
        model.Longs("two", 2).Longs("four", 4).Longs("rest", -1);
        model.Node("Concat", ["d0", "two", "four", "d2", "d3"], "to", ("axis", 0)).Node("Reshape", ["a", "to"], "b")
            .Node("Transpose", ["b"], "c", ("perm", new long[] { 0, 2, 1, 3, 4 }))
            .Node("Concat", ["d0", "rest", "d2", "d3"], "back", ("axis", 0)).Node("Reshape", ["c", "back"], "d");
        return model.End("d", channels: 8).Bytes();
    }

    public SmallOnnx External(string location)
    {
        Keep = (name, shape, _) => Tensor(name, 1, shape, (14, null, 1),
            (13, OnnxEdits.Message((1, OnnxEdits.Text("location")), (2, OnnxEdits.Text(location))), 0));
        return this;
    }

    public SmallOnnx Half()
    {
        Keep = (name, shape, values) => Tensor(
            name, 10, shape, (9, MemoryMarshal.AsBytes<Half>(values.Select(v => (Half)v).ToArray()).ToArray(), 0));
        return this;
    }

    public SmallOnnx Double()
    {
        Keep = (name, shape, values) => Tensor(
            name, 11, shape, (9, MemoryMarshal.AsBytes<double>(values.Select(v => (double)v).ToArray()).ToArray(), 0));
        return this;
    }

    public SmallOnnx Conv(string x, string y, int inputs, int outputs, int stride = 1)
    {
        Weight($"{y}.weight", outputs, inputs, 3, 3);
        return Node("Conv", [x, $"{y}.weight"], y, ("pads", new long[] { 1, 1, 1, 1 }), ("strides", new long[] { stride, stride }));
    }

    public SmallOnnx Norm(string x, string y, int channels)
    {
        foreach (string part in new[] { "weight", "bias", "mean" }) Weight($"{y}.{part}", channels);
        _graph.Add((5, Floats($"{y}.var", [channels], [.. Enumerable.Range(0, channels).Select(i => 0.5f + i)])));
        return Node("BatchNormalization", [x, $"{y}.weight", $"{y}.bias", $"{y}.mean", $"{y}.var"], y);
    }

    public SmallOnnx Weight(string name, params long[] shape)
    {
        float[] values = [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (n, d) => n * d)).Select(_ => (float)(_random.NextDouble() - 0.5))];
        _graph.Add((5, Keep(name, shape, values)));
        return this;
    }

    public SmallOnnx Longs(string name, params long[] values)
    {
        _graph.Add((5, Tensor(name, 7, [values.Length], (9, MemoryMarshal.AsBytes<long>(values).ToArray(), 0))));
        return this;
    }

    public SmallOnnx Node(string kind, string[] inputs, string output, params (string Name, object Value)[] attributes)
    {
        _graph.Add((1, OnnxEdits.Message(
        [
            .. inputs.Select(i => (1, OnnxEdits.Text(i))), (2, OnnxEdits.Text(output)), (3, OnnxEdits.Text($"node {output}")),
            (4, OnnxEdits.Text(kind)), .. attributes.Select(a => (5, Attribute(a.Name, a.Value))),
        ])));
        return this;
    }

    /// <summary>Mean pooling and a classifier.</summary>
    public SmallOnnx End(string x, int channels = 16)
    {
        Weight("classifier.weight", channels, 4);
        return Node("GlobalAveragePool", [x], "pooled").Node("Flatten", ["pooled"], "flat").Node("MatMul", ["flat", "classifier.weight"], "logits");
    }

    public byte[] Bytes(string output = "logits")
    {
        byte[] graph = OnnxEdits.Message([.. _graph, (11, Value("image", Input)), (12, Value(output, [0, 4]))]);
        return OnnxEdits.Message((1, null, 7), (7, graph, 0), (8, OnnxEdits.Message((2, null, Opset)), 0));
    }

    private static byte[] Value(string name, long[] shape)
    {
        byte[] dimensions = OnnxEdits.Message(
            [.. shape.Select(d => (1, OnnxEdits.Message(d > 0 ? (1, null, d) : (2, OnnxEdits.Text("N"), 0))))]);
        byte[] tensor = OnnxEdits.Message((1, null, 1), (2, dimensions, 0));
        return OnnxEdits.Message((1, OnnxEdits.Text(name)), (2, OnnxEdits.Message((1, tensor))));
    }

    private static byte[] Floats(string name, long[] shape, float[] values)
        => Tensor(name, 1, shape, (9, MemoryMarshal.AsBytes<float>(values).ToArray(), 0));

    private static byte[] Tensor(string name, long type, long[] shape, params (int, byte[]?, long)[] data)
        => OnnxEdits.Message([.. shape.Select(d => (1, (byte[]?)null, d)), (2, null, type), (8, Encoding.UTF8.GetBytes(name), 0), .. data]);

    private static byte[] Attribute(string name, object value) => value switch
    {
        long[] numbers => OnnxEdits.Message([(1, OnnxEdits.Text(name), 0), .. numbers.Select(n => (8, (byte[]?)null, n)), (20, null, 7)]),
        string text => OnnxEdits.Message((1, OnnxEdits.Text(name), 0), (4, OnnxEdits.Text(text), 0), (20, null, 3)),
        float real => [.. OnnxEdits.Message((1, OnnxEdits.Text(name))), 0x15, .. BitConverter.GetBytes(real), .. OnnxEdits.Message((20, null, 1))],
        _ => OnnxEdits.Message((1, OnnxEdits.Text(name), 0), (3, null, Convert.ToInt64(value)), (20, null, 2)),
    };
}
