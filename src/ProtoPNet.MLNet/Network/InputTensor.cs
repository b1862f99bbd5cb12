using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network;

/// <summary>Turns normalised pixels into the network's input tensor.</summary>
internal static class InputTensor
{
    /// <summary>
    /// The first <paramref name="count"/> images of <paramref name="pixels"/> (count × 3 × S × S, row-major). On the CPU it shares that memory,
    /// which must not be modified before the tensor has been used: <c>torch.tensor</c> would clone it into a managed array, which
    /// at batch size is collected late. For a GPU it is copied through page-locked memory, from which the copy continues
    /// asynchronously.
    /// </summary>
    public static Tensor On(Device device, ArraySegment<float> pixels, int count, int size)
    {
        using var scope = NewDisposeScope();
        Tensor lent = frombuffer(pixels.Array!, ScalarType.Float32, count * 3L * size * size, pixels.Offset).reshape(count, 3, size, size);
        Tensor there = device.type == DeviceType.CUDA ? lent.pin_memory().to(device, non_blocking: true) : lent.to(device);
        return there.MoveToOuterDisposeScope();
    }
}
