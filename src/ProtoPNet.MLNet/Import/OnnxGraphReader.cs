using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Weights.Onnx;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Import;

/// <summary>Reads the nodes of an ONNX graph in order, inferring shapes; nodes that it does not understand are recorded and skipped.</summary>
internal static class OnnxGraphReader
{
    /// <summary>The names of the supported operators, for messages.</summary>
    public const string Operators = "Conv, BatchNormalization, the usual activations, pooling, arithmetic, MatMul, Gemm, LayerNormalization, Concat, "
        + "Split, Slice, Pad, Transpose, Reshape, ReduceMean and the arithmetic of shapes";

    /// <summary>Reads all nodes for images of the probed shapes.</summary>
    public static GraphReading Read(OnnxModel model, string input, long? declaredBatch, IReadOnlyList<long[]> probes)
    {
        var graph = new GraphReading(probes);
        foreach ((string name, OnnxTensor tensor) in model.Initialisers) graph[name] = StoredOf(tensor);
        graph[input] = new Activation(input, probes);
        graph[""] = new Stored([0], () => zeros(0));
        var windows = new WindowOperators(graph, model.Opset);
        var elements = new ElementOperators(graph);
        var shapes = new ShapeOperators(graph, model.Opset, declaredBatch);
        foreach (OnnxNode node in model.Nodes)
        {
            if (node.Outputs.Count == 0 || node.Outputs[0].Length == 0 || node.Outputs.Any(o => o.Length > 0 && graph.Knows(o))) continue;
            try
            {
                if (node.Domain is not ("" or "ai.onnx")) throw new NotReadException($"it is not of ONNX's own operators, but of '{node.Domain}'");
                IReadOnlyList<Value> results = Sizes(graph, node) is { } sizes ? [sizes]
                    : (windows.Read(node) ?? elements.Read(node)) is { } one ? [one]
                    : shapes.Read(node) ?? throw new NotReadException($"this operator is not read. Those that are: {Operators}");
                foreach ((Value result, string output) in results.Zip(node.Outputs)) graph[output] = result;
            }
            catch (Exception e) when (e is NotReadException or ShapeException or OverflowException)
            {
                graph.EmitUnsupported(node, e.Message);
            }
        }
        return graph;
    }

    private static Stored StoredOf(OnnxTensor tensor)
        => new(tensor.Info.Shape, tensor.Load,
            tensor.Info.Type is ScalarType.Int64 or ScalarType.Int32 or ScalarType.Int16 or ScalarType.Int8 or ScalarType.Byte or ScalarType.Bool);

    /// <summary>Constants and shape arithmetic; null for other nodes.</summary>
    private static Value? Sizes(GraphReading graph, OnnxNode node)
    {
        switch (node.Operator)
        {
            case "Constant":
                return Constant(graph, node);
            case "Shape" when node.Inputs.Count > 0:
                if (graph[node.Inputs[0]] is Stored stored) return Same(graph, Part([.. stored.Shape.Select(d => (double)d)], node), true);
                return graph[node.Inputs[0]] is Activation { Shapes: { } shapes }
                    ? Follow([.. shapes.Select(s => Part([.. s.Select(d => (double)d)], node))])
                    : throw new NotReadException("it depends on a node that is not read");
            case "ConstantOfShape" when node.Inputs.Count > 0 && graph.AsNumbers(graph[node.Inputs[0]]) is { IsConstant: true } shape:
                double length = shape.Probes[0].Aggregate(1.0, (n, d) => n * d);
                if (length is < 0 or > Numbers.Most || shape.Probes[0].Length > 1) throw new NotReadException("it makes too many numbers");
                Numbers value = node.Attributes.GetValueOrDefault("value")?.Tensor is { Info.Elements: 1 } one
                    ? graph.AsNumbers(StoredOf(one))! : Same(graph, [0], false);
                return Same(graph, [.. Enumerable.Repeat(value.Probes[0][0], (int)length)], value.Whole);
        }
        Value[] inputs = [.. node.Inputs.Select(i => graph[i])];
        bool arithmetic = inputs.Length > 0 && inputs.All(i => i is Numbers or Stored { Elements: <= Numbers.Most })
            && (inputs.Any(i => i is Numbers) || inputs.All(i => i is Stored { Whole: true }));
        return arithmetic ? ShapeArithmetic.Compute(node, [.. inputs.Select(i => graph.AsNumbers(i)!)]) : null;
    }

    private static Value Constant(GraphReading graph, OnnxNode node)
    {
        foreach ((string name, OnnxAttribute attribute) in node.Attributes)
            switch (name)
            {
                case "value" when attribute.Tensor is { } tensor: return StoredOf(tensor);
                case "value_float": return Same(graph, [attribute.Real], false) with { Shape = [] };
                case "value_int": return Same(graph, [attribute.Whole], true) with { Shape = [] };
                case "value_floats": return Same(graph, [.. attribute.Reals.Select(r => (double)r)], false);
                case "value_ints": return Same(graph, [.. attribute.Wholes.Select(w => (double)w)], true);
            }
        throw new NotReadException("its value is of a kind that is not read");
    }

    private static Numbers Same(GraphReading graph, double[] values, bool whole)
        => values.Length <= Numbers.Most ? new([values.Length], [.. graph.Probes.Select(_ => values)], whole)
            : throw new NotReadException("it has too many numbers");

    private static Numbers Follow(double[][] probes) => new([probes[0].Length], probes, true);

    /// <summary>The dimensions selected by a Shape node: all by default.</summary>
    private static double[] Part(double[] shape, OnnxNode node)
    {
        int from = Place(node.Whole("start", 0)), to = Place(node.Whole("end", shape.Length));
        return from < to ? shape[from..to] : [];

        int Place(long at) => (int)Math.Clamp(at < 0 ? at + shape.Length : at, 0, shape.Length);
    }
}
