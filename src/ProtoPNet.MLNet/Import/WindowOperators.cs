using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Network.Layers;
using ProtoPNet.MLNet.Weights.Onnx;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Import;

/// <summary>ONNX's convolution, pooling and padding operators.</summary>
internal sealed class WindowOperators(GraphReading graph, long opset)
{
    /// <summary>The result of a node; null for other kinds of operators.</summary>
    public Value? Read(OnnxNode node) => node.Operator switch
    {
        "Conv" => Convolve(node),
        "BatchNormalization" => Normalise(node),
        "MaxPool" or "AveragePool" => Pool(node),
        "GlobalAveragePool" => graph.Emit(new Mean([2, 3], true), node.Outputs[0], Map(node)),
        "Pad" => Pad(node),
        _ => null,
    };

    private Value Convolve(OnnxNode node)
    {
        Activation x = Map(node);
        Stored weight = Weight(node, 1, 4);
        Stored? bias = node.Inputs.Count > 2 && node.Inputs[2].Length > 0 ? Weight(node, 2, 1) : null;
        int groups = Small(node.Whole("group", 1), 1 << 20), outputs = Small(weight.Shape[0], 1 << 20);
        int inputs = Small(checked(weight.Shape[1] * groups), 1 << 24);
        (Window rows, Window columns) = Windows(node, x, [weight.Shape[2], weight.Shape[3]]);
        if (outputs % groups != 0 || (bias is not null && bias.Shape[0] != outputs))
            throw new NotReadException("its weights, bias and groups do not go together");
        Dictionary<string, Func<Tensor>> tensors = new() { ["weight"] = weight.Load };
        if (bias is not null) tensors["bias"] = bias.Load;
        return graph.Emit(new Convolution(inputs, outputs, rows, columns, groups, bias is not null), node.Outputs[0], node.Inputs[1], x, tensors);
    }

    private Value Normalise(OnnxNode node)
    {
        if (node.Whole("training_mode", 0) != 0) throw new NotReadException("it was exported for training: export the model in evaluation mode");
        Activation x = Map(node);
        string[] names = ["weight", "bias", "running_mean", "running_var"];
        Dictionary<string, Func<Tensor>> tensors = names.Index().ToDictionary(n => n.Item, n => Weight(node, n.Index + 1, 1).Load);
        int channels = Small(Weight(node, 1, 1).Shape[0], 1 << 20);
        if (names.Index().Any(n => Weight(node, n.Index + 1, 1).Shape[0] != channels))
            throw new NotReadException("its tensors are of different lengths");
        return graph.Emit(new BatchNorm(channels, node.Real("epsilon", 1e-5)), node.Outputs[0], node.Inputs[1], x, tensors);
    }

    private Value Pool(OnnxNode node)
    {
        Activation x = Map(node);
        if (node.Wholes("kernel_shape") is not { Count: 2 } kernel) throw new NotReadException("it has no kernel of two dimensions");
        (Window rows, Window columns) = Windows(node, x, kernel);
        bool ceiling = node.Whole("ceil_mode", 0) != 0;
        if (node.Operator == "MaxPool") return graph.Emit(new MaxPool(rows, columns, ceiling), node.Outputs[0], x);
        if (rows.Dilation != 1 || columns.Dilation != 1) throw new NotReadException("its window has gaps");
        return graph.Emit(new AveragePool(rows, columns, ceiling, node.Whole("count_include_pad", 0) != 0), node.Outputs[0], x);
    }

    private Value Pad(OnnxNode node)
    {
        if (node.Text("mode", "constant") is not ("constant" or "") and var mode)
            throw new NotReadException($"it pads by '{mode}', not by a constant");
        Activation x = Map(node);
        double value = node.Real("value", 0);
        IReadOnlyList<long> pads = node.Wholes("pads") ?? [];
        if (opset >= 11)
        {
            if (node.Inputs.Count > 3 && node.Inputs[3].Length > 0) throw new NotReadException("it names the dimensions that it pads");
            if (node.Inputs.Count > 2 && node.Inputs[2].Length > 0) value = Constant(node, 2)[0];
            pads = [.. Constant(node, 1).Select(n => (long)n)];
        }
        if (pads.Count != 8 || pads[0] != 0 || pads[1] != 0 || pads[4] != 0 || pads[5] != 0)
            throw new NotReadException("it pads other dimensions than rows and columns");
        int[] p = [.. pads.Select(n => Math.Abs(n) < 10_000 ? (int)n : throw new NotReadException("its padding is too large"))];
        return graph.Emit(new Pad(p[2], p[6], p[3], p[7], value), node.Outputs[0], x);
    }

    private Activation Map(OnnxNode node)
    {
        if (node.Inputs.Count == 0 || graph[node.Inputs[0]] is not Activation x) throw new NotReadException("its input does not depend on the image");
        if (x.Shapes is { } shapes && shapes[0].Length != 4)
            throw new NotReadException("it does not work on maps of two dimensions (N × C × H × W): only networks for images can be read");
        return x;
    }

    private Stored Weight(OnnxNode node, int input, int rank)
    {
        if (input >= node.Inputs.Count) throw new NotReadException("an input is missing");
        Stored stored = GraphReading.AsStored(graph[node.Inputs[input]]);
        return stored.Shape.Length == rank ? stored
            : throw new NotReadException($"'{node.Inputs[input]}' has {stored.Shape.Length} dimensions instead of {rank}");
    }

    private double[] Constant(OnnxNode node, int input)
        => input < node.Inputs.Count && graph.AsNumbers(graph[node.Inputs[input]]) is { IsConstant: true } n && n.Probes[0].Length > 0 ? n.Probes[0]
            : throw new NotReadException($"its input {input + 1} is no constant");

    private static (Window Rows, Window Columns) Windows(OnnxNode node, Activation x, IReadOnlyList<long> kernel)
    {
        if (node.Wholes("kernel_shape") is { Count: > 0 } said && !said.SequenceEqual(kernel))
            throw new NotReadException("its kernel is of another shape than its weights");
        long[] strides = Two(node, "strides"), dilations = Two(node, "dilations");
        IReadOnlyList<long> pads = node.Wholes("pads") is { Count: > 0 } given ? given : [0, 0, 0, 0];
        string auto = node.Text("auto_pad", "NOTSET");
        if (pads.Count != 4) throw new NotReadException("its padding is not of four numbers");
        return (Along(0), Along(1));

        Window Along(int axis)
        {
            var window = new Window(
                Small(kernel[axis], 9999), Small(strides[axis], 9999), Padding(pads[axis]), Padding(pads[axis + 2]), Small(dilations[axis], 9999));
            if (auto is "NOTSET" or "") return window;
            window = window with { Before = 0, After = 0 };
            if (auto == "VALID") return window;
            // The padding that gives ceil(cells / stride) positions at the size that the graph was exported for.
            long cells = x.Shapes?[0][axis + 2] ?? 0;
            long total = Math.Max(((cells - 1) / window.Stride * window.Stride) + window.Extent - cells, 0);
            int less = (int)(total / 2), more = (int)(total - total / 2);
            return auto == "SAME_LOWER" ? window with { Before = more, After = less } : window with { Before = less, After = more };
        }
    }

    private static long[] Two(OnnxNode node, string name) => node.Wholes(name) is not { Count: > 0 } values ? [1, 1]
        : values.Count == 2 ? [.. values]
        : throw new NotReadException($"its {name} are not of two dimensions: only networks for images can be read");

    private static int Small(long value, int most)
        => value >= 1 && value <= most ? (int)value : throw new NotReadException($"it asks for a size of {value}");

    private static int Padding(long value)
        => value is >= 0 and < 10_000 ? (int)value : throw new NotReadException($"it asks for a padding of {value}");
}
