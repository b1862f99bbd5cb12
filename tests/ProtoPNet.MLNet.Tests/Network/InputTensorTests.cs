using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Network;

public sealed class InputTensorTests
{
    [Fact]
    public void Pixels_are_images_channels_rows_and_columns()
    {
        using var scope = NewDisposeScope();
        float[] room = [.. Enumerable.Range(0, 5 + 3 * 3 * 4 * 4).Select(i => i - 5f)];
        Tensor two = InputTensor.On(CPU, new ArraySegment<float>(room, 5, room.Length - 5), 2, 4);
        Assert.Equal([2, 3, 4, 4], two.shape);
        Assert.Equal(((1 * 3 + 2) * 4 + 1) * 4 + 3, two[1, 2, 1, 3].item<float>());
    }

    [Fact]
    public void On_the_CPU_they_are_read_where_they_lie()
    {
        using var scope = NewDisposeScope();
        float[] pixels = new float[3 * 64 * 64];
        long before = GC.GetAllocatedBytesForCurrentThread();
        Tensor image = InputTensor.On(CPU, pixels, 1, 64);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000);
        pixels[5] = 7;
        Assert.Equal(7, image[0, 0, 0, 5].item<float>());
    }

    [Fact]
    public unsafe void Batches_begin_at_a_cache_line()
        => Assert.All(Enumerable.Range(1, 20).Select(i => AlignedPixels.Allocate(100 * i + 7)), pixels =>
        {
            Assert.Equal(0, pixels.Count % 100 - 7);
            fixed (float* first = pixels.AsSpan()) Assert.Equal(0, (long)first % AlignedPixels.CacheLine);
        });
}
