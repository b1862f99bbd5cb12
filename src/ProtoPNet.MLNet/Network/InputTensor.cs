using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network;

/// <summary>Normalised pixels as the tensor that goes into the network.</summary>
internal static class InputTensor
{
    /// <summary>
    /// The first <paramref name="count"/> images of <paramref name="pixels"/> (count × 3 × S × S, row-major). On the CPU it is that memory itself,
    /// which must not be written to before the tensor has been used: <c>torch.tensor</c> would clone it into memory of the garbage collector's, which
    /// at the size of a batch is collected late. To a GPU by way of page-locked memory, from where the copy goes on while the computer does something
    /// else.
    /// </summary>
    public static Tensor On(Device device, ArraySegment<float> pixels, int count, int size)
    {
        using var scope = NewDisposeScope();
        Tensor lent = frombuffer(pixels.Array!, ScalarType.Float32, count * 3L * size * size, pixels.Offset).reshape(count, 3, size, size);
        Tensor there = device.type == DeviceType.CUDA ? lent.pin_memory().to(device, non_blocking: true) : lent.to(device);
        return there.MoveToOuterDisposeScope();
    }
}
