using ProtoPNet.MLNet.Network.Backbones;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Import;

/// <summary>The value of a name in an ONNX graph while it is read.</summary>
internal abstract record Value;

/// <summary>A tensor that depends on the image; its shape for each probed size, or null if unknown.</summary>
internal sealed record Activation(string Name, IReadOnlyList<long[]>? Shapes) : Value;

/// <summary>A tensor stored in the file or derived from such tensors.</summary>
internal sealed record Stored(long[] Shape, Func<Tensor> Load, bool Whole = false) : Value
{
    public long Elements => Shape.Aggregate(1L, (n, d) => checked(n * d));
}

/// <summary>A few numbers that may depend on the size of the image, for each probed size.</summary>
internal sealed record Numbers(long[] Shape, IReadOnlyList<double[]> Probes, bool Whole) : Value
{
    /// <summary>Larger tensors are not shape arithmetic.</summary>
    public const int Most = 4096;

    public bool IsConstant => Probes.All(p => p.AsSpan().SequenceEqual(Probes[0]));
}

/// <summary>The result of a node that is not understood, which matters only if the backbone needs it.</summary>
internal sealed record Unsupported(string Operator, string Reason) : Operation
{
    public override (int Least, int Most) Arity => (0, int.MaxValue);

    public override long[] Shape(IReadOnlyList<long[]> inputs) => throw new ShapeException(Reason);
}

/// <summary>Why a node cannot be read, and what to do.</summary>
internal sealed class NotReadException(string reason) : Exception(reason);
