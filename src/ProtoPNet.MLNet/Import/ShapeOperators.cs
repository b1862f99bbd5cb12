using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Weights.Onnx;

namespace ProtoPNet.MLNet.Import;

/// <summary>ONNX's operators that reshape, concatenate, split and average tensors.</summary>
internal sealed class ShapeOperators(GraphReading graph, long opset, long? declaredBatch)
{
    /// <summary>The results of a node; null for other kinds of operators.</summary>
    public IReadOnlyList<Value>? Read(OnnxNode node)
    {
        string output = node.Outputs[0];
        return node.Operator switch
        {
            "Concat" => [graph.Emit(new Concat(Axis(node, node.Whole("axis", 1))), output, [.. node.Inputs.Select(i => graph[i])])],
            "Split" => Split(node),
            "Slice" => [Slice(node)],
            "Transpose" => [graph.Emit(new Transpose(Order(node)), output, X(node))],
            "Reshape" => [Reshape(node)],
            "Flatten" => [node.Whole("axis", 1) == 1
                ? graph.Emit(new Reshape([new(null, 0), default]), output, X(node))
                : throw new NotReadException("it joins images with one another")],
            "Squeeze" or "Unsqueeze" => [Squeeze(node)],
            "ReduceMean" => [Mean(node)],
            _ => null,
        };
    }

    private Value X(OnnxNode node) => node.Inputs.Count > 0 ? graph[node.Inputs[0]] : throw new NotReadException("an input is missing");

    private long[] Shape(OnnxNode node) => X(node) switch
    {
        Activation { Shapes: [{ } first, ..] } => first,
        Stored s => s.Shape,
        _ => throw new NotReadException("it depends on a node that is not read"),
    };

    private int Axis(OnnxNode node, long axis)
    {
        int rank = node.Inputs.Select(i => graph[i]).OfType<Activation>().FirstOrDefault()?.Shapes?[0].Length ?? Shape(node).Length;
        return axis >= -rank && axis < rank ? (int)(axis < 0 ? axis + rank : axis) : throw new NotReadException($"its input has no dimension {axis}");
    }

    private int[] Order(OnnxNode node)
        => node.Wholes("perm") is { Count: > 0 } order ? [.. order.Select(i => Axis(node, i))]
            : [.. Enumerable.Range(0, Shape(node).Length).Reverse()];

    /// <summary>A setting that was an attribute in older opsets and is now an input; null if absent.</summary>
    private long[]? Setting(OnnxNode node, string attribute, int input)
    {
        if (node.Wholes(attribute) is { Count: > 0 } values) return [.. values];
        if (node.Inputs.Count <= input || node.Inputs[input].Length == 0) return null;
        return graph.AsNumbers(graph[node.Inputs[input]]) is { IsConstant: true } n ? [.. n.Probes[0].Select(d => (long)d)]
            : throw new NotReadException($"'{node.Inputs[input]}' depends on the image's size, which is possible for shapes alone");
    }

    private Value Mean(OnnxNode node)
    {
        int[] axes = Setting(node, "axes", 1) is { } given
            ? [.. given.Select(a => Axis(node, a))] : [.. Enumerable.Range(0, Shape(node).Length)];
        return graph.Emit(new Mean(axes, node.Whole("keepdims", 1) != 0), node.Outputs[0], X(node));
    }

    private Value[] Split(OnnxNode node)
    {
        int axis = Axis(node, node.Whole("axis", 0));
        long length = Shape(node)[axis], parts = node.Outputs.Count, each = (length + parts - 1) / parts;
        long[] sizes = Setting(node, "split", 1) ?? [.. Enumerable.Range(0, node.Outputs.Count).Select(i => Math.Min(each, length - i * each))];
        bool varies = graph[node.Inputs[0]] is Activation { Shapes: { } shapes } && shapes.Any(s => s[axis] != length);
        if (varies || sizes.Length != node.Outputs.Count || sizes.Sum() != length)
            throw new NotReadException("it divides a dimension that depends on the image's size, or into other parts than it has");
        long from = 0;
        List<Value> results = [];
        foreach ((int i, long size) in sizes.Index())
        {
            results.Add(graph.Emit(new Slice(axis, from, from + size, 1), node.Outputs[i], X(node)));
            from += size;
        }
        return [.. results];
    }

    private Value Slice(OnnxNode node)
    {
        Numbers starts = Ends(1, "starts"), ends = Ends(2, "ends");
        long[] axes = Setting(node, "axes", 3) ?? [.. Enumerable.Range(0, starts.Probes[0].Length)];
        long[] steps = Setting(node, "steps", 4) ?? [.. axes.Select(_ => 1L)];
        if (axes.Length is 0 or > 16 || new[] { starts.Probes[0].Length, ends.Probes[0].Length, steps.Length }.Any(n => n != axes.Length))
            throw new NotReadException("its settings do not go together");
        Value x = X(node);
        foreach ((int i, long named) in axes.Index())
        {
            int axis = Axis(node, named);
            string output = i == axes.Length - 1 ? node.Outputs[0] : $"{node.Outputs[0]}/{i}";
            if (steps[i] < 1) throw new NotReadException("it runs backwards");
            long start = End(starts, i, axis, x) ?? throw new NotReadException("it begins at the end");
            x = graph.Emit(new Slice(axis, start, End(ends, i, axis, x), steps[i]), output, x);
        }
        return x;

        Numbers Ends(int input, string attribute)
        {
            if (opset < 10)
            {
                double[] values = [.. (node.Wholes(attribute) ?? throw new NotReadException($"it has no {attribute}")).Select(n => (double)n)];
                return new([values.Length], [.. graph.Probes.Select(_ => values)], true);
            }
            Numbers? numbers = node.Inputs.Count > input ? graph.AsNumbers(graph[node.Inputs[input]]) : null;
            return numbers ?? throw new NotReadException($"its {attribute} are not known");
        }
    }

    /// <summary>A position on a dimension; null for its end.</summary>
    private static long? End(Numbers places, int i, int axis, Value x)
    {
        long[] at = [.. places.Probes.Select(p => p[i] >= int.MaxValue ? int.MaxValue : p[i] <= -int.MaxValue ? 0 : (long)p[i])];
        if (x is Activation { Shapes: { } shapes } ? at.Zip(shapes).All(p => p.First >= p.Second[axis]) : at[0] == int.MaxValue) return null;
        return at.Distinct().Count() == 1 ? at[0] : throw new NotReadException("where it cuts depends on the image's size");
    }

    private Value Squeeze(OnnxNode node)
    {
        long[] shape = Shape(node);
        bool adds = node.Operator == "Unsqueeze";
        long[] axes = Setting(node, "axes", 1) ?? (adds ? throw new NotReadException("it names no dimensions")
            : [.. shape.Index().Where(d => d.Item == 1).Select(d => (long)d.Index)]);
        int rank = shape.Length + (adds ? axes.Length : 0);
        if (rank > 16 || axes.Any(a => a < -rank || a >= rank)) throw new NotReadException("its input has no such dimensions");
        HashSet<long> named = [.. axes.Select(a => a < 0 ? a + rank : a)];
        int next = 0;
        Dimension[] dimensions = adds
            ? [.. Enumerable.Range(0, rank).Select(i => named.Contains(i) ? new Dimension(1, null) : new(null, next++))]
            : [.. Enumerable.Range(0, rank).Where(i => !named.Contains(i)).Select(i => new Dimension(null, i))];
        return graph.Emit(new Reshape(dimensions), node.Outputs[0], X(node));
    }

    /// <summary>Numbers equal at every size are constants; those equal to a dimension of the input at every size denote that dimension.</summary>
    private Value Reshape(OnnxNode node)
    {
        Numbers target = (node.Inputs.Count < 2 ? null : graph.AsNumbers(graph[node.Inputs[1]]))
            ?? throw new NotReadException("its shape is not known");
        if (target.Probes[0].Length > 16) throw new NotReadException("it has too many dimensions");
        IReadOnlyList<long[]> from = X(node) is Activation { Shapes: { } shapes } ? shapes : [.. target.Probes.Select(_ => Shape(node))];
        return graph.Emit(new Reshape([.. Enumerable.Range(0, target.Probes[0].Length).Select(Along)]), node.Outputs[0], X(node));

        Dimension Along(int i)
        {
            long[] wanted = [.. target.Probes.Select(p => (long)p[i])];
            bool constant = wanted.All(n => n == wanted[0]);
            if (constant && wanted[0] == 0 && node.Whole("allowzero", 0) == 0) return new(null, i);
            if (constant && wanted[0] == -1) return default;
            // The batch size, including one fixed at export.
            bool counts = i == 0 && from.Zip(graph.Probes).All(p => p.First.Length > 0 && p.First[0] == p.Second[0]);
            if (counts && (wanted.All(n => n == declaredBatch) || wanted.Zip(graph.Probes).All(p => p.First == p.Second[0]))) return new(null, 0);
            if (constant) return wanted[0] > 0 ? new(wanted[0], null) : throw new NotReadException($"it asks for a dimension of {wanted[0]}");
            foreach (int place in Enumerable.Range(0, from[0].Length).OrderBy(k => k != i))
                if (from.Zip(wanted).All(p => p.First[place] == p.Second)) return new(null, place);
            throw new NotReadException("a dimension depends on the image's size in a way that is not understood");
        }
    }
}
