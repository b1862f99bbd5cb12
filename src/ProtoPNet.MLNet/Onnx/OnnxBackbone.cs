using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Network.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Onnx;

/// <summary>Writes a backbone, node by node; batch norms are folded into the preceding convolutions.</summary>
internal static class OnnxBackbone
{
    /// <summary>Adds the backbone and returns the name of its output.</summary>
    public static string Write(OnnxGraph graph, BackboneNetwork backbone, string input)
    {
        var folding = new GraphFolding(backbone.Graph);
        Dictionary<string, Tensor> weights = folding.Fold(
            StateDict.Of(backbone).ToDictionary(t => t.Name, t => t.Tensor.detach().cpu().to_type(ScalarType.Float64)));
        return Write(graph, folding.Graph.Nodes, weights, (folding.Graph.Input, input));
    }

    /// <summary>Adds some nodes, which read one tensor from outside, known to them and to the graph by these names; returns the last output's name.</summary>
    public static string Write(
        OnnxGraph graph, IEnumerable<GraphNode> nodes, IReadOnlyDictionary<string, Tensor> weights, (string Known, string Named) input)
    {
        Dictionary<string, string> names = new() { [input.Known] = input.Named };
        string output = input.Named;
        foreach (GraphNode node in nodes)
            output = names[node.Output] = Write(graph, node, [.. node.Inputs.Select(i => names[i])], weights);
        return output;
    }

    private static string Write(OnnxGraph graph, GraphNode node, string[] x, IReadOnlyDictionary<string, Tensor> weights)
    {
        switch (node.Operation)
        {
            case Convolution c:
                List<string> inputs = [x[0], graph.Constant($"{node.Name}.weight", weights[$"{node.Name}.weight"])];
                if (c.Bias) inputs.Add(graph.Constant($"{node.Name}.bias", weights[$"{node.Name}.bias"]));
                return graph.Add("Conv", inputs,
                    [.. Sliding(c.Rows, c.Columns), Dilations(c.Rows, c.Columns), OnnxGraph.Integer("group", c.Groups)]);
            case BatchNorm:
                // A batch norm that does not follow a convolution.
                (Tensor scale, Tensor shift) = GraphFolding.ScaleAndShift(node, weights);
                string scaled = graph.Apply("Mul", [x[0], graph.Constant($"{node.Name}.scale", scale.view(-1, 1, 1))]);
                return graph.Apply("Add", [scaled, graph.Constant($"{node.Name}.shift", shift.view(-1, 1, 1))]);
            case Weight:
                return graph.Constant($"{node.Name}.value", weights[$"{node.Name}.value"]);
            case MaxPool p:
                return graph.Add("MaxPool", x, [.. Sliding(p.Rows, p.Columns), Dilations(p.Rows, p.Columns), Flag("ceil_mode", p.Ceiling)]);
            case AveragePool p:
                return graph.Add("AveragePool", x,
                    [.. Sliding(p.Rows, p.Columns), Flag("ceil_mode", p.Ceiling), Flag("count_include_pad", p.PaddingCounts)]);
            case Pad p:
                string pads = graph.Integers64($"{node.Name}.pads", 0, 0, p.Top, p.Left, 0, 0, p.Bottom, p.Right);
                return graph.Apply("Pad", [x[0], pads, graph.Constant($"{node.Name}.value", (float)p.Value)]);
            case Pointwise p:
                return Write(graph, p, x[0], node.Name);
            case Clip c:
                string least = graph.Constant($"{node.Name}.least", (float)c.Least), most = graph.Constant($"{node.Name}.most", (float)c.Most);
                return graph.Apply("Clip", [x[0], least, most]);
            case Arithmetic a:
                return graph.Apply(NameOf(a.Calculation), x);
            case ScalarArithmetic s:
                string number = graph.Constant($"{node.Name}.number", (float)s.Number);
                return graph.Apply(NameOf(s.Calculation), s.NumberFirst ? [number, x[0]] : [x[0], number]);
            case MatMul:
                return graph.Apply("MatMul", x);
            case Mean m:
                return graph.Add("ReduceMean", x, OnnxGraph.Integers("axes", m.Axes.Select(a => (long)a)), Flag("keepdims", m.Keep));
            case Concat c:
                return graph.Add("Concat", x, OnnxGraph.Integer("axis", c.Axis));
            case Slice s:
                string from = graph.Integers64($"{node.Name}.from", s.From), to = graph.Integers64($"{node.Name}.to", s.To ?? long.MaxValue);
                string axis = graph.Integers64($"{node.Name}.axis", s.Axis), step = graph.Integers64($"{node.Name}.step", s.Step);
                return graph.Apply("Slice", [x[0], from, to, axis, step]);
            case Transpose t:
                return graph.Add("Transpose", x, OnnxGraph.Integers("perm", t.Order.Select(i => (long)i)));
            case Reshape r:
                return graph.Apply("Reshape", [x[0], Target(graph, r, x[0], node.Name)]);
            default:
                throw new NotSupportedException($"{node.Operation} cannot be exported.");
        }
    }

    private static string Write(OnnxGraph graph, Pointwise p, string x, string name)
    {
        switch (p.Function)
        {
            case Function.LeakyRelu or Function.Elu:
                return graph.Add(p.Function.ToString(), [x], OnnxGraph.Single("alpha", (float)p.Alpha));
            case Function.HardSigmoid:
                return graph.Add("HardSigmoid", [x], OnnxGraph.Single("alpha", (float)p.Alpha), OnnxGraph.Single("beta", (float)p.Beta));
            case Function.Gelu:
                // Opset 17 has no GELU: x/2 · (1 + erf(x/√2)).
                string erf = graph.Apply("Erf", [graph.Apply("Mul", [x, graph.Constant($"{name}.root", (float)Math.Sqrt(0.5))])]);
                string half = graph.Apply("Mul", [x, graph.Constant($"{name}.half", 0.5f)]);
                return graph.Apply("Mul", [half, graph.Apply("Add", [erf, graph.Constant($"{name}.one", 1f)])]);
            case Function.Negative:
                return graph.Apply("Neg", [x]);
            default:
                return graph.Apply(p.Function.ToString(), [x]);
        }
    }

    /// <summary>The target shape as a constant, or computed from the input's if several dimensions are kept at other positions.</summary>
    private static string Target(OnnxGraph graph, Reshape reshape, string x, string name)
    {
        // 0: the input's dimension at the same place.
        if (reshape.Dimensions.Index().All(d => d.Item.Input is null || d.Item.Input == d.Index))
            return graph.Integers64($"{name}.shape", [.. reshape.Dimensions.Select(d => d.Number ?? (d.Input is null ? -1 : 0))]);
        string shape = graph.Apply("Shape", [x]);
        string[] parts = [.. reshape.Dimensions.Select((d, i) => d.Input is { } place
            ? graph.Apply("Gather", [shape, graph.Integers64($"{name}.place{i}", place)])
            : graph.Integers64($"{name}.number{i}", d.Number ?? -1))];
        return graph.Add("Concat", parts, OnnxGraph.Integer("axis", 0));
    }

    private static ProtoMessage Flag(string name, bool value) => OnnxGraph.Integer(name, value ? 1 : 0);

    private static string NameOf(Calculation calculation) => calculation switch
    {
        Calculation.Add => "Add",
        Calculation.Subtract => "Sub",
        Calculation.Multiply => "Mul",
        Calculation.Divide => "Div",
        Calculation.Power => "Pow",
        Calculation.Maximum => "Max",
        Calculation.Minimum => "Min",
        _ => throw new NotSupportedException($"{calculation} cannot be exported."),
    };

    private static ProtoMessage[] Sliding(Window rows, Window columns) =>
    [
        OnnxGraph.Integers("kernel_shape", rows.Kernel, columns.Kernel),
        OnnxGraph.Integers("strides", rows.Stride, columns.Stride),
        OnnxGraph.Integers("pads", rows.Before, columns.Before, rows.After, columns.After),
    ];

    private static ProtoMessage Dilations(Window rows, Window columns) => OnnxGraph.Integers("dilations", rows.Dilation, columns.Dilation);
}
