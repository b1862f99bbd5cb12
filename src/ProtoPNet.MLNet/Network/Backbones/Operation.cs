using System.Text.Json.Serialization;

namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>What a node of a graph computes: its settings, the tensors that it owns, and the shape that comes out.</summary>
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
    /// <summary>The tensors that a node of this operation owns, by their names under the node's.</summary>
    [JsonIgnore]
    public virtual IReadOnlyList<OwnedTensor> Tensors => [];

    /// <summary>Inputs that it takes: at least and at most.</summary>
    [JsonIgnore]
    public virtual (int Least, int Most) Arity => (1, 1);

    /// <summary>The shape of the output for these of the inputs.</summary>
    /// <exception cref="ShapeException">They do not fit.</exception>
    public abstract long[] Shape(IReadOnlyList<long[]> inputs);

    protected static void Ensure(bool condition, string reason)
    {
        if (!condition) throw new ShapeException(reason);
    }

    /// <summary>N × C × H × W, and nothing else.</summary>
    protected static long[] Map(long[] shape)
    {
        Ensure(shape.Length == 4, $"it works on maps (N × C × H × W), not on {Text(shape)}");
        return shape;
    }

    protected static string Text(long[] shape) => shape.Length == 0 ? "a single number" : string.Join(" × ", shape);
}

/// <summary>A tensor of a node.</summary>
/// <param name="Name">Its name under the node's, as in PyTorch.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Learned">Whether gradients move it; otherwise it is a statistic.</param>
internal sealed record OwnedTensor(string Name, long[] Shape, bool Learned);

/// <summary>Shapes that do not fit an operation, without the node.</summary>
internal sealed class ShapeException(string reason) : Exception(reason);
