using TorchSharp;
using static TorchSharp.torch;

// The only place (with Adam) where numbers become scalars.
#pragma warning disable RS0030

namespace ProtoPNet.MLNet.Network;

/// <summary>
/// Arithmetic of tensors with numbers, and sums of tensors. TorchSharp's operators pass libtorch a scalar (in a sum, the factor of the second
/// operand) that nothing keeps alive: if the garbage collector runs at the wrong moment, they fail with "Unknown scalar type", or compute with
/// freed memory. Here it is kept alive until used; BannedSymbols.txt bans the other overloads.
/// </summary>
internal static class HeldScalar
{
    public static Tensor Plus(this Tensor tensor, double number) => With(number, held => With(1, once => tensor.add(held, once)));

    /// <summary>Whole numbers stay whole.</summary>
    public static Tensor Plus(this Tensor tensor, long number) => With(number, held => With(1, once => tensor.add(held, once)));

    public static Tensor Plus(this Tensor tensor, Tensor other) => With(1, once => tensor.add(other, once));

    /// <summary>In place.</summary>
    public static Tensor IncreaseBy(this Tensor tensor, Tensor other) => With(1, once => tensor.add_(other, once));

    /// <summary>In place: adds each row of <paramref name="rows"/> to the row of this tensor with the given index.</summary>
    public static Tensor AddAt(this Tensor tensor, Tensor index, Tensor rows) => With(1, once => tensor.index_add_(0, index, rows, once));

    /// <summary>Whole numbers stay whole.</summary>
    public static Tensor Times(this Tensor tensor, long number) => With(number, tensor.mul);

    public static Tensor Times(this Tensor tensor, double number) => With(number, tensor.mul);

    /// <summary>In place.</summary>
    public static Tensor MultiplyBy(this Tensor tensor, double number) => With(number, tensor.mul_);

    public static Tensor Over(this Tensor tensor, double number) => With(number, held => tensor.div(held));

    public static Tensor Squared(this Tensor tensor) => With(2, tensor.pow);

    public static Tensor ToThe(this Tensor tensor, double power) => With(power, tensor.pow);

    /// <summary>Clamps to the given minimum and maximum; either may be infinite.</summary>
    public static Tensor Clamped(this Tensor tensor, double least, double most)
        => With(least, from => With(most, to => tensor.clamp(from, to)));

    /// <summary>Replaces elements by <paramref name="number"/> where <paramref name="mask"/> is true.</summary>
    public static Tensor Filled(this Tensor tensor, Tensor mask, double number) => With(number, held => tensor.masked_fill(mask, held));

    public static Tensor AtLeast(this Tensor tensor, long number) => With(number, tensor.clamp_min);

    public static Tensor IsAtMost(this Tensor tensor, double number) => With(number, tensor.le);

    /// <summary>Splits flat indices (at least 0) into rows of <paramref name="length"/>: the row of each, and its index in the row.</summary>
    public static (Tensor Row, Tensor Place) InRowsOf(this Tensor tensor, long length)
        => (With(length, held => tensor.div(held, RoundingMode.floor)), With(length, tensor.remainder));

    /// <summary>A number as a zero-dimensional tensor with the type and device of <paramref name="tensor"/>.</summary>
    public static Tensor Alike(this Tensor tensor, double number) => With(number, held => full([], held, tensor.dtype, tensor.device));

    /// <summary>The whole numbers from <paramref name="first"/> to before <paramref name="end"/>.</summary>
    public static Tensor Range(long first, long end, Device device)
        => With(first, from => With(end, to => With(1, by => arange(from, to, by, ScalarType.Int64, device))));

    private static Tensor With(Scalar number, Func<Scalar, Tensor> use)
    {
        using (number) return use(number);
    }
}
