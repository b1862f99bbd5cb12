using ProtoPNet.MLNet.Network.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>Computes the operations without tensors.</summary>
internal static class Kernels
{
    /// <summary>The result, which may overwrite the first of <paramref name="x"/> if allowed, but is never that tensor unchanged.</summary>
    public static Tensor Run(Operation operation, Tensor[] x, bool mayOverwrite) => operation switch
    {
        Pointwise p => Apply(p, x[0], mayOverwrite),
        Clip c => x[0].Clamped(c.Least, c.Most),
        Arithmetic a => Calculate(a.Calculation, x[0], x[1], mayOverwrite),
        ScalarArithmetic s => Calculate(s, x[0]),
        MatMul => x[0].matmul(x[1]),
        MaxPool p => Pool(p, x[0]),
        AveragePool p => Pool(p, x[0]),
        Pad p => nn.functional.pad(x[0], [p.Left, p.Right, p.Top, p.Bottom], PaddingModes.Constant, p.Value),
        Mean m => x[0].mean([.. m.Axes.Select(a => (long)a)], m.Keep),
        Concat c => cat(x, c.Axis),
        Slice s => Cut(s, x[0]),
        Transpose t => x[0].permute([.. t.Order.Select(i => (long)i)]),
        Reshape r => x[0].reshape(r.Shape([x[0].shape])),
        _ => throw new NotSupportedException($"Nothing computes {operation}."),
    };

    private static Tensor Apply(Pointwise p, Tensor x, bool mayOverwrite) => p.Function switch
    {
        Function.Relu => mayOverwrite ? x.relu_() : x.relu(),
        Function.LeakyRelu => nn.functional.leaky_relu(x, p.Alpha),
        Function.Elu => nn.functional.elu(x, p.Alpha),
        Function.Sigmoid => x.sigmoid(),
        Function.HardSigmoid => Scoped(() => x.Times(p.Alpha).Plus(p.Beta).Clamped(0, 1)),
        Function.HardSwish => nn.functional.hardswish(x),
        Function.Tanh => x.tanh(),
        Function.Softplus => nn.functional.softplus(x),
        Function.Erf => x.erf(),
        Function.Gelu => nn.functional.gelu(x),
        Function.Sqrt => x.sqrt(),
        Function.Exp => x.exp(),
        Function.Log => x.log(),
        Function.Abs => x.abs(),
        Function.Negative => x.neg(),
        Function.Reciprocal => x.reciprocal(),
        Function.Identity => x.alias(),
        _ => throw new NotSupportedException($"Nothing computes {p.Function}."),
    };

    private static Tensor Calculate(Calculation calculation, Tensor x, Tensor y, bool mayOverwrite) => calculation switch
    {
        Calculation.Add => mayOverwrite && Fits(y, x) ? x.IncreaseBy(y) : x.Plus(y),
        Calculation.Subtract => x.sub(y),
        Calculation.Multiply => x.mul(y),
        Calculation.Divide => x.div(y),
        Calculation.Power => x.pow(y),
        Calculation.Maximum => x.maximum(y),
        Calculation.Minimum => x.minimum(y),
        _ => throw new NotSupportedException($"Nothing computes {calculation}."),
    };

    private static Tensor Calculate(ScalarArithmetic s, Tensor x)
    {
        if (!s.NumberFirst)
            switch (s.Calculation)
            {
                case Calculation.Add: return x.Plus(s.Number);
                case Calculation.Subtract: return x.Plus(-s.Number);
                case Calculation.Multiply: return x.Times(s.Number);
                case Calculation.Divide: return x.Over(s.Number);
                case Calculation.Power: return x.ToThe(s.Number);
            }
        return Scoped(() =>
        {
            Tensor number = x.Alike(s.Number);
            return s.NumberFirst ? Calculate(s.Calculation, number, x, false) : Calculate(s.Calculation, x, number, false);
        });
    }

    private static Tensor Pool(MaxPool p, Tensor x)
    {
        using WindowPadding padded = WindowPadding.Of(x, p.Rows, p.Columns, double.NegativeInfinity);
        return nn.functional.max_pool2d(padded.Map, [p.Rows.Kernel, p.Columns.Kernel], [p.Rows.Stride, p.Columns.Stride], padded.Left,
            [p.Rows.Dilation, p.Columns.Dilation], p.Ceiling);
    }

    private static Tensor Pool(AveragePool p, Tensor x)
    {
        using WindowPadding padded = WindowPadding.Of(x, p.Rows, p.Columns, 0);
        bool own = !ReferenceEquals(padded.Map, x);
        Tensor means = Average(padded.Map, p.PaddingCounts || own);
        if (!own || p.PaddingCounts) return means;
        // Padded explicitly, so that libtorch counts padding as part of the map: the share of the map in each window is needed.
        using (means)
        using (Tensor everywhere = ones_like(x))
        using (WindowPadding ground = WindowPadding.Of(everywhere, p.Rows, p.Columns, 0))
        using (Tensor share = Average(ground.Map, true)) return means.div(share);

        Tensor Average(Tensor map, bool paddingCounts) => nn.functional.avg_pool2d(
            map, [p.Rows.Kernel, p.Columns.Kernel], [p.Rows.Stride, p.Columns.Stride], padded.Left, p.Ceiling, paddingCounts);
    }

    private static Tensor Cut(Slice s, Tensor x)
    {
        (long from, long to) = s.Range(x.shape[s.Axis]);
        return x.slice(s.Axis, from, to, s.Step);
    }

    /// <summary>Whether adding the other operand keeps the shape.</summary>
    private static bool Fits(Tensor added, Tensor x)
        => added.Dimensions <= x.Dimensions && added.shape.Reverse().Zip(x.shape.Reverse()).All(d => d.First == d.Second || d.First == 1);

    private static Tensor Scoped(Func<Tensor> compute)
    {
        using DisposeScope scope = NewDisposeScope();
        return compute().MoveToOuterDisposeScope();
    }
}
