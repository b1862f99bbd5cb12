using System.Text.Json.Serialization;

namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>The operation of a graph node: its settings, the tensors it owns, and its output shape.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "op")]
[JsonDerivedType(typeof(Convolution), "Conv")]
[JsonDerivedType(typeof(BatchNorm), "BatchNorm")]
[JsonDerivedType(typeof(MaxPool), "MaxPool")]
[JsonDerivedType(typeof(AveragePool), "AveragePool")]
[JsonDerivedType(typeof(Pad), "Pad")]
[JsonDerivedType(typeof(Pointwise), "Pointwise")]
[JsonDerivedType(typeof(Clip), "Clip")]
[JsonDerivedType(typeof(Arithmetic), "Arithmetic")]
[JsonDerivedType(typeof(ScalarArithmetic), "Scalar")]
[JsonDerivedType(typeof(Weight), "Weight")]
[JsonDerivedType(typeof(MatMul), "MatMul")]
[JsonDerivedType(typeof(Mean), "Mean")]
[JsonDerivedType(typeof(Concat), "Concat")]
[JsonDerivedType(typeof(Slice), "Slice")]
[JsonDerivedType(typeof(Transpose), "Transpose")]
[JsonDerivedType(typeof(Reshape), "Reshape")]
internal abstract record Operation
{
    /// <summary>The tensors that a node with this operation owns, named relative to the node.</summary>
    [JsonIgnore]
    public virtual IReadOnlyList<OwnedTensor> Tensors => [];

    /// <summary>The minimum and maximum number of inputs.</summary>
    [JsonIgnore]
    public virtual (int Least, int Most) Arity => (1, 1);

    /// <summary>The output shape for the given input shapes.</summary>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public abstract long[] Shape(IReadOnlyList<long[]> inputs);

    protected static void Ensure(bool condition, string reason)
    {
        if (!condition) throw new ShapeException(reason);
    }

    /// <summary>Requires a shape N × C × H × W.</summary>
    protected static long[] Map(long[] shape)
    {
        Ensure(shape.Length == 4, $"it works on maps (N × C × H × W), not on {Text(shape)}");
        return shape;
    }

    protected static string Text(long[] shape) => shape.Length == 0 ? "a single number" : string.Join(" × ", shape);
}

/// <summary>A tensor of a node.</summary>
/// <param name="Name">The name relative to the node, as in PyTorch.</param>
/// <param name="Shape">The shape.</param>
/// <param name="Learned">Whether it is trained by gradients; otherwise it is a statistic.</param>
internal sealed record OwnedTensor(string Name, long[] Shape, bool Learned);

/// <summary>Shapes that do not fit an operation; the node is added by the caller.</summary>
internal sealed class ShapeException(string reason) : Exception(reason);
