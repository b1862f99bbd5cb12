using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network;

/// <summary>
/// Tensors with numbers, and sums, for what runs in every step. TorchSharp's operators hand libtorch a number (in a sum, how many times the second
/// counts) that nothing holds any more: when the garbage collector runs at the wrong moment, they fail with «Unknown scalar type», or calculate with
/// freed memory. Here it is held until it has been used.
/// </summary>
internal static class HeldScalar
{
    public static Tensor Plus(this Tensor tensor, double number)
    {
        using Scalar held = number, once = 1;
        return tensor.add(held, once);
    }

    public static Tensor Plus(this Tensor tensor, long number)
    {
        using Scalar held = number, once = 1;
        return tensor.add(held, once);
    }

    public static Tensor Plus(this Tensor tensor, Tensor other)
    {
        using Scalar once = 1;
        return tensor.add(other, once);
    }

    /// <summary>In place.</summary>
    public static Tensor IncreaseBy(this Tensor tensor, Tensor other)
    {
        using Scalar once = 1;
        return tensor.add_(other, once);
    }

    public static Tensor Times(this Tensor tensor, double number)
    {
        using Scalar held = number;
        return tensor.mul(held);
    }

    /// <summary>In place.</summary>
    public static Tensor MultiplyBy(this Tensor tensor, double number)
    {
        using Scalar held = number;
        return tensor.mul_(held);
    }

    public static Tensor Over(this Tensor tensor, double number)
    {
        using Scalar held = number;
        return tensor.div(held);
    }

    /// <summary>With <paramref name="number"/> where <paramref name="mask"/> is true.</summary>
    public static Tensor Filled(this Tensor tensor, Tensor mask, double number)
    {
        using Scalar held = number;
        return tensor.masked_fill(mask, held);
    }

    /// <summary>Whole numbers (at least 0) in rows of <paramref name="length"/>: the row of each, and its place in the row.</summary>
    public static (Tensor Row, Tensor Place) InRowsOf(this Tensor tensor, long length)
    {
        using Scalar held = length;
        return (tensor.div(held, RoundingMode.floor), tensor.remainder(held));
    }

    public static Tensor AtLeast(this Tensor tensor, long number)
    {
        using Scalar held = number;
        return tensor.clamp_min(held);
    }

    public static Tensor AtMost(this Tensor tensor, long number)
    {
        using Scalar held = number;
        return tensor.clamp_max(held);
    }

    /// <summary>The whole numbers from <paramref name="first"/> to before <paramref name="end"/>.</summary>
    public static Tensor Range(long first, long end, Device device)
    {
        using Scalar from = first, to = end, by = 1L;
        return arange(from, to, by, ScalarType.Int64, device);
    }
}
