using System.Text.Json.Serialization;

namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>Unary functions.</summary>
internal enum Function
{
    Relu, LeakyRelu, Elu, Sigmoid, HardSigmoid, HardSwish, Tanh, Softplus, Erf, Gelu, Sqrt, Exp, Log, Abs, Negative, Reciprocal, Identity,
}

/// <summary>Applies a function elementwise; α and β as defined by ONNX for the function, else 0.</summary>
internal sealed record Pointwise(Function Function, double Alpha = 0, double Beta = 0) : Operation
{
    public override long[] Shape(IReadOnlyList<long[]> inputs) => inputs[0];
}

/// <summary>Clamps to a minimum and maximum.</summary>
internal sealed record Clip(double Least, double Most) : Operation
{
    public override long[] Shape(IReadOnlyList<long[]> inputs) => inputs[0];
}

/// <summary>Binary arithmetic.</summary>
internal enum Calculation { Add, Subtract, Multiply, Divide, Power, Maximum, Minimum }

/// <summary>Elementwise arithmetic, broadcasting from the last dimensions.</summary>
internal sealed record Arithmetic(Calculation Calculation) : Operation
{
    public override (int Least, int Most) Arity => (2, 2);

    public override long[] Shape(IReadOnlyList<long[]> inputs)
    {
        (long[] one, long[] other) = (inputs[0], inputs[1]);
        long[] shape = new long[Math.Max(one.Length, other.Length)];
        for (int i = 1; i <= shape.Length; i++)
        {
            long a = i <= one.Length ? one[^i] : 1, b = i <= other.Length ? other[^i] : 1;
            Ensure(a == b || a == 1 || b == 1, $"{Text(one)} and {Text(other)} do not go together");
            shape[^i] = a == 1 ? b : a;
        }
        return shape;
    }
}

/// <summary>Arithmetic with a fixed scalar, which is not learned, as the second or first operand.</summary>
internal sealed record ScalarArithmetic(Calculation Calculation, double Number, bool NumberFirst = false) : Operation
{
    public override long[] Shape(IReadOnlyList<long[]> inputs) => inputs[0];
}

/// <summary>A learned tensor used as input by another node.</summary>
internal sealed record Weight(long[] Size) : Operation
{
    [JsonIgnore]
    public override IReadOnlyList<OwnedTensor> Tensors => [new("value", Size, true)];

    public override (int Least, int Most) Arity => (0, 0);

    public override long[] Shape(IReadOnlyList<long[]> inputs) => Size;
}

/// <summary>The matrix product over the last two dimensions.</summary>
internal sealed record MatMul : Operation
{
    public override (int Least, int Most) Arity => (2, 2);

    public override long[] Shape(IReadOnlyList<long[]> inputs)
    {
        (long[] one, long[] other) = (inputs[0], inputs[1]);
        Ensure(one.Length >= 2 && other.Length >= 2 && one[^1] == other[^2], $"{Text(one)} and {Text(other)} cannot be multiplied");
        long[] batch = new Arithmetic(Calculation.Add).Shape([one[..^2], other[..^2]]);
        return [.. batch, one[^2], other[^1]];
    }
}
