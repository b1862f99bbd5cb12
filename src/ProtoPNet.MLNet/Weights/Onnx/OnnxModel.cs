namespace ProtoPNet.MLNet.Weights.Onnx;

/// <summary>The contents of an ONNX file, unprocessed; tensors are read on demand.</summary>
internal sealed record OnnxModel
{
    public required string Path { get; init; }

    /// <summary>The version of the standard operator set.</summary>
    public required long Opset { get; init; }

    public required IReadOnlyList<OnnxNode> Nodes { get; init; }

    public required IReadOnlyDictionary<string, OnnxTensor> Initialisers { get; init; }

    public required IReadOnlyList<OnnxValue> Inputs { get; init; }

    public required IReadOnlyList<OnnxValue> Outputs { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }
}

/// <summary>An input or output of a graph; variable dimensions are null.</summary>
internal sealed record OnnxValue(string Name, IReadOnlyList<long?> Shape);

/// <summary>A node.</summary>
internal sealed record OnnxNode(
    string Name, string Operator, string Domain, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs,
    IReadOnlyDictionary<string, OnnxAttribute> Attributes)
{
    public long Whole(string name, long otherwise) => Attributes.TryGetValue(name, out OnnxAttribute? a) ? a.Whole : otherwise;

    public double Real(string name, double otherwise) => Attributes.TryGetValue(name, out OnnxAttribute? a) ? a.Real : otherwise;

    public string Text(string name, string otherwise) => Attributes.TryGetValue(name, out OnnxAttribute? a) ? a.Text : otherwise;

    public IReadOnlyList<long>? Wholes(string name) => Attributes.GetValueOrDefault(name)?.Wholes;
}

/// <summary>An attribute of a node; only one of its values is set.</summary>
internal sealed record OnnxAttribute(
    string Name, long Whole, float Real, string Text, OnnxTensor? Tensor, IReadOnlyList<long> Wholes, IReadOnlyList<float> Reals);
