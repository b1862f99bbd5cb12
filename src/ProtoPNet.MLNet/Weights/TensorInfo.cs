using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Weights;

/// <summary>The description of a tensor in a file.</summary>
internal sealed record TensorInfo(string Name, ScalarType Type, long[] Shape)
{
    /// <summary>The number of elements; 1 for a scalar.</summary>
    public long Elements => Shape.Aggregate(1L, (n, d) => checked(n * d));

    /// <summary>
    /// Whether a tensor may have this shape: at most 32 dimensions, none negative, and no overflow in the product of the nonzero ones.
    /// </summary>
    public static bool IsPossible(ReadOnlySpan<long> shape)
    {
        if (shape.Length > 32) return false;
        long product = 1;
        foreach (long dimension in shape)
        {
            if (dimension < 0 || Math.BigMul(product, Math.Max(dimension, 1), out long low) != 0 || low < 0 || low > long.MaxValue / 16) return false;
            product = low;
        }
        return true;
    }

    public override string ToString() => $"{Name}: {Type} [{string.Join(" × ", Shape)}]";
}
