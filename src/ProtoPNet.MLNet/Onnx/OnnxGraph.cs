using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Onnx;

/// <summary>The nodes and constants of a graph under construction; each method adds one node and returns the name of its output.</summary>
internal sealed class OnnxGraph
{
    private readonly List<ProtoMessage> _nodes = [];
    private readonly List<(string Name, Tensor Tensor)> _constants = [];
    private int _named;

    public IReadOnlyList<ProtoMessage> Nodes => _nodes;

    /// <summary>Tensors of float32, on the CPU.</summary>
    public IReadOnlyList<(string Name, Tensor Tensor)> Constants => _constants;

    public string Constant(string name, Tensor tensor)
    {
        _constants.Add((name, tensor.detach().cpu().to_type(ScalarType.Float32).contiguous()));
        return name;
    }

    public string Constant(string name, float value) => Constant(name, torch.tensor(value));

    public string Conv(string input, string name, Tensor weight, Tensor? bias, int stride = 1, int padding = 0)
    {
        long kernel = weight.shape[2], width = weight.shape[3];
        List<string> inputs = [input, Constant($"{name}.weight", weight)];
        if (bias is not null) inputs.Add(Constant($"{name}.bias", bias));
        return Add("Conv", inputs,
            Integers("kernel_shape", kernel, width), Integers("strides", stride, stride), Integers("pads", padding, padding, padding, padding));
    }

    /// <summary>A vector of integers, such as a shape or positions.</summary>
    public string Integers64(string name, params long[] values)
    {
        ProtoMessage vector = new ProtoMessage().Number(1, values.Length).Number(2, 7).Each(values, (tensor, value) => tensor.Number(7, value));
        return Append("Constant", [], name, [new ProtoMessage().Text(1, "value").Message(5, vector).Number(20, 4)]);
    }

    /// <summary>An operator without attributes; <paramref name="output"/> names its output if it is an output of the model.</summary>
    public string Apply(string kind, string[] inputs, string? output = null) => Append(kind, inputs, output, []);

    public string Add(string kind, IEnumerable<string> inputs, params ProtoMessage[] attributes) => Append(kind, inputs, null, attributes);

    public string Append(string kind, IEnumerable<string> inputs, string? output, ProtoMessage[] attributes)
    {
        output ??= $"{kind.ToLowerInvariant()}_{_named++}";
        _nodes.Add(new ProtoMessage()
            .Each(inputs, (node, input) => node.Text(1, input))
            .Text(2, output)
            .Text(3, $"node_{_nodes.Count}")
            .Text(4, kind)
            .Each(attributes, (node, attribute) => node.Message(5, attribute)));
        return output;
    }

    public static ProtoMessage Integers(string name, params IEnumerable<long> values)
        => new ProtoMessage().Text(1, name).Each(values, (attribute, value) => attribute.Number(8, value)).Number(20, 7);

    public static ProtoMessage Integer(string name, long value) => new ProtoMessage().Text(1, name).Number(3, value).Number(20, 2);

    public static ProtoMessage Single(string name, float value) => new ProtoMessage().Text(1, name).Single(2, value).Number(20, 1);
}
