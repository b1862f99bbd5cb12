using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Weights.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Import;

/// <summary>The state of reading a graph: the values of its names, the nodes so far, and the sources of their weights.</summary>
/// <param name="probes">The image shapes for which shapes are inferred; constants are recognised by comparing more than one.</param>
internal sealed class GraphReading(IReadOnlyList<long[]> probes)
{
    private const long MostElements = 1L << 31;

    private readonly Dictionary<string, Value> _values = new(StringComparer.Ordinal);
    private readonly ModuleNames _names = new();
    private readonly List<GraphNode> _nodes = [];
    private readonly Dictionary<string, GraphNode> _unsupported = [];
    private readonly Dictionary<string, IReadOnlyList<long[]>> _shapes = [];

    public IReadOnlyList<long[]> Probes => probes;

    public IReadOnlyList<GraphNode> Nodes => _nodes;

    /// <summary>Weights by state dict name.</summary>
    public Dictionary<string, Func<Tensor>> Weights { get; } = new(StringComparer.Ordinal);

    /// <summary>The value of a name.</summary>
    public Value this[string name]
    {
        get => _values.TryGetValue(name, out Value? value) ? value : throw new NotReadException($"it reads '{name}', which nothing before it makes");
        set => _values[name] = value;
    }

    public bool Knows(string name) => _values.ContainsKey(name);

    /// <summary>Adds a node without its own tensors; if no input depends on the image, its result is a constant.</summary>
    public Value Emit(Operation operation, string output, params IReadOnlyList<Value> inputs)
    {
        if (!inputs.Any(i => i is Activation)) return Constant(operation, [.. inputs.Select(AsStored)]);
        IReadOnlyList<long[]> shapes = Shapes(operation, inputs);
        string[] read = [.. inputs.Select((input, i) => input is Activation a ? a.Name : Keep(AsStored(input), $"{output}.weight_{i}"))];
        return Add(new(_names.Take(output), operation, read, output), shapes);
    }

    /// <summary>Adds a node with its own tensors, named after its first weight if that has a module's name.</summary>
    public Value Emit(Operation operation, string output, string firstWeight, Activation input, IReadOnlyDictionary<string, Func<Tensor>> tensors)
    {
        IReadOnlyList<long[]> shapes = Shapes(operation, [input]);
        string name = _names.Take(ModuleNames.OwnerOf(firstWeight) ?? output);
        foreach ((string tensor, Func<Tensor> load) in tensors) Weights[$"{name}.{tensor}"] = load;
        return Add(new(name, operation, [input.Name], output), shapes);
    }

    /// <summary>Adds a node that is not understood.</summary>
    public void EmitUnsupported(OnnxNode node, string reason)
    {
        string[] read = [.. node.Inputs.Where(_values.ContainsKey).Select(i => _values[i]).OfType<Activation>().Select(a => a.Name).Distinct()];
        // Nodes that depend on it are not understood either; the first reason is the one to report.
        GraphNode? cause = read.Select(r => _unsupported.GetValueOrDefault(r)).FirstOrDefault(n => n is not null);
        foreach (string output in node.Outputs.Where(o => o.Length > 0 && !_values.ContainsKey(o)))
        {
            GraphNode added = new(_names.Take(output), new Unsupported(node.Operator, reason), read, output);
            _nodes.Add(added);
            _unsupported[output] = cause ?? added;
            _values[output] = new Activation(output, null);
        }
    }

    /// <summary>The index of the node that produces a tensor; -1 if none does.</summary>
    public int PlaceOf(string tensor) => _nodes.FindIndex(n => n.Output == tensor);

    /// <summary>The shapes of a tensor that depends on the image, for each probe; null if unknown.</summary>
    public IReadOnlyList<long[]>? ShapesOf(string tensor) => _shapes.GetValueOrDefault(tensor);

    /// <summary>The first node not understood on the way to a tensor; null if all are.</summary>
    public GraphNode? CauseOf(string tensor) => _unsupported.GetValueOrDefault(tensor);

    /// <summary>A tensor from the file or one made of numbers.</summary>
    public static Stored AsStored(Value value) => value switch
    {
        Stored stored => stored,
        Numbers { IsConstant: true } n => new(n.Shape, () => tensor(n.Probes[0].Select(d => (float)d).ToArray(), n.Shape)),
        Numbers => throw new NotReadException("it calculates with numbers that depend on the image's size"),
        _ => throw new NotReadException("it needs a constant where the graph computes something from the image"),
    };

    /// <summary>The value as a few numbers; null if it is not numeric or too large.</summary>
    public Numbers? AsNumbers(Value value)
    {
        if (value is Numbers numbers) return numbers;
        if (value is not Stored stored || stored.Elements > Numbers.Most) return null;
        using DisposeScope scope = NewDisposeScope();
        Tensor loaded = stored.Load();
        double[] values = loaded.to_type(ScalarType.Float64).data<double>().ToArray();
        // The largest integers, which slices use for "to the end", round up slightly as doubles; this is harmless.
        return new(stored.Shape, [.. probes.Select(_ => values)], !loaded.is_floating_point());
    }

    private Activation Add(GraphNode node, IReadOnlyList<long[]> shapes)
    {
        _nodes.Add(node);
        _shapes[node.Output] = shapes;
        return new(node.Output, shapes);
    }

    /// <summary>Turns a constant into a learned tensor of the graph.</summary>
    private string Keep(Stored stored, string output)
    {
        if (stored.Shape.Length > 8) throw new NotReadException("a tensor of it has too many dimensions");
        string name = _names.Take(output);
        Weights[$"{name}.value"] = stored.Load;
        _nodes.Add(new(name, new Weight(stored.Shape), [], output));
        return output;
    }

    private IReadOnlyList<long[]> Shapes(Operation operation, IReadOnlyList<Value> inputs)
        => [.. probes.Select((_, p) => Limited(operation.Shape([.. inputs.Select(input => input is Activation a
            ? (a.Shapes ?? throw new NotReadException("it depends on a node that is not read"))[p]
            : AsStored(input).Shape)])))];

    private static Stored Constant(Operation operation, Stored[] inputs) => new(Limited(operation.Shape([.. inputs.Select(i => i.Shape)])), () =>
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        return Kernels.Run(operation, [.. inputs.Select(i => i.Load())], mayOverwrite: false).contiguous().MoveToOuterDisposeScope();
    });

    private static long[] Limited(long[] shape)
        => shape.Aggregate((Int128)1, (n, d) => n > MostElements ? n : n * d) <= MostElements ? shape
            : throw new NotReadException("its result would be too large");
}
