using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Weights.Onnx;

namespace ProtoPNet.MLNet.Import;

/// <summary>ONNX's elementwise operators and matrix products.</summary>
internal sealed class ElementOperators(GraphReading graph)
{
    /// <summary>The result of a node; null for other kinds of operators.</summary>
    public Value? Read(OnnxNode node)
    {
        string output = node.Outputs[0];
        return node.Operator switch
        {
            "Relu" => Apply(Function.Relu),
            "LeakyRelu" => Apply(Function.LeakyRelu, node.Real("alpha", 0.01)),
            "Elu" => Apply(Function.Elu, node.Real("alpha", 1)),
            "Sigmoid" => Apply(Function.Sigmoid),
            "HardSigmoid" => Apply(Function.HardSigmoid, node.Real("alpha", 0.2), node.Real("beta", 0.5)),
            "HardSwish" => Apply(Function.HardSwish),
            "Tanh" => Apply(Function.Tanh),
            "Softplus" => Apply(Function.Softplus),
            "Erf" => Apply(Function.Erf),
            "Gelu" when node.Text("approximate", "none") == "none" => Apply(Function.Gelu),
            "Sqrt" => Apply(Function.Sqrt),
            "Exp" => Apply(Function.Exp),
            "Log" => Apply(Function.Log),
            "Abs" => Apply(Function.Abs),
            "Neg" => Apply(Function.Negative),
            "Reciprocal" => Apply(Function.Reciprocal),
            "Identity" or "Dropout" => X(0),
            // Casts between floating-point types are ignored: the network computes in its own type.
            "Cast" when node.Whole("to", 1) is 1 or 10 or 11 or 16 => X(0),
            "Clip" => graph.Emit(new Clip(Bound("min", 1, double.NegativeInfinity), Bound("max", 2, double.PositiveInfinity)), output, X(0)),
            "PRelu" => PRelu(),
            "Add" => Calculate(Calculation.Add),
            "Sub" => Calculate(Calculation.Subtract),
            "Mul" => Calculate(Calculation.Multiply),
            "Div" => Calculate(Calculation.Divide),
            "Pow" => Calculate(Calculation.Power),
            "Max" when node.Inputs.Count == 2 => Calculate(Calculation.Maximum),
            "Min" when node.Inputs.Count == 2 => Calculate(Calculation.Minimum),
            "Sum" when node.Inputs.Count == 2 => Calculate(Calculation.Add),
            "MatMul" => graph.Emit(new MatMul(), output, X(0), X(1)),
            "Gemm" => Gemm(),
            "LayerNormalization" => LayerNorm(),
            _ => null,
        };

        Value X(int i) => i < node.Inputs.Count ? graph[node.Inputs[i]] : throw new NotReadException("an input is missing");

        Value Apply(Function function, double alpha = 0, double beta = 0) => graph.Emit(new Pointwise(function, alpha, beta), output, X(0));

        double Bound(string name, int input, double otherwise)
        {
            if (node.Inputs.Count <= input || node.Inputs[input].Length == 0) return node.Real(name, otherwise);
            return Scalar(X(input)) ?? throw new NotReadException($"its bound '{node.Inputs[input]}' is no constant");
        }

        Value Calculate(Calculation calculation) => Calculated(calculation, output, X(0), X(1));

        Value PRelu() => Calculated(Calculation.Add, output, graph.Emit(new Pointwise(Function.Relu), $"{output}/above", X(0)),
            Calculated(Calculation.Multiply, $"{output}/scaled", graph.Emit(new Clip(double.NegativeInfinity, 0), $"{output}/below", X(0)), X(1)));

        Value Gemm()
        {
            if (node.Real("alpha", 1) != 1 || node.Real("beta", 1) != 1 || node.Whole("transA", 0) != 0)
                throw new NotReadException("it scales or transposes what comes in");
            Value matrix = node.Whole("transB", 0) == 0 ? X(1) : graph.Emit(new Transpose([1, 0]), $"{output}/transposed", X(1));
            bool sums = node.Inputs.Count > 2 && node.Inputs[2].Length > 0;
            Value product = graph.Emit(new MatMul(), sums ? $"{output}/product" : output, X(0), matrix);
            return sums ? Calculated(Calculation.Add, output, product, X(2)) : product;
        }

        Value LayerNorm()
        {
            if (X(0) is not Activation { Shapes: [{ } shape, ..] } || node.Whole("axis", -1) is not -1 and var axis && axis != shape.Length - 1)
                throw new NotReadException("it normalises over several dimensions");
            int last = shape.Length - 1;
            Value mean = graph.Emit(new Mean([last], true), $"{output}/mean", X(0));
            Value centred = Calculated(Calculation.Subtract, $"{output}/centred", X(0), mean);
            Value square = graph.Emit(new ScalarArithmetic(Calculation.Power, 2), $"{output}/square", centred);
            Value variance = graph.Emit(new ScalarArithmetic(Calculation.Add, node.Real("epsilon", 1e-5)), $"{output}/above0",
                graph.Emit(new Mean([last], true), $"{output}/variance", square));
            Value deviation = graph.Emit(new Pointwise(Function.Sqrt), $"{output}/deviation", variance);
            Value unit = Calculated(Calculation.Divide, $"{output}/unit", centred, deviation);
            bool shifts = node.Inputs.Count > 2 && node.Inputs[2].Length > 0;
            Value scaled = Calculated(Calculation.Multiply, shifts ? $"{output}/scaled" : output, unit, X(1));
            return shifts ? Calculated(Calculation.Add, output, scaled, X(2)) : scaled;
        }
    }

    /// <summary>Combines two values; a single number becomes part of the operation and is not learned.</summary>
    private Value Calculated(Calculation calculation, string output, Value x, Value y)
    {
        if (x is Activation a && Fits(y, a) && Scalar(y) is { } second) return graph.Emit(new ScalarArithmetic(calculation, second), output, x);
        if (y is Activation b && Fits(x, b) && Scalar(x) is { } first) return graph.Emit(new ScalarArithmetic(calculation, first, true), output, y);
        return graph.Emit(new Arithmetic(calculation), output, x, y);
    }

    /// <summary>Whether a constant adds no dimensions to an activation.</summary>
    private static bool Fits(Value constant, Activation x) => constant switch
    {
        Stored s => s.Elements == 1 && (x.Shapes is null || s.Shape.Length <= x.Shapes[0].Length),
        Numbers n => n.Probes[0].Length == 1,
        _ => false,
    };

    private double? Scalar(Value value) => graph.AsNumbers(value) is { IsConstant: true } n && n.Probes[0].Length == 1 ? n.Probes[0][0] : null;
}
