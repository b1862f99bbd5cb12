using TorchSharp;

namespace ProtoPNet.MLNet.Weights;

/// <summary>Tensor memory as bytes, in slices to support tensors beyond 2 GB.</summary>
internal static class TensorBytes
{
    private const int SliceBytes = 16 << 20;

    public delegate void SpanReader(long offset, Span<byte> destination);

    /// <summary>A new CPU tensor whose memory <paramref name="read"/> fills; offsets count from the tensor's first byte.</summary>
    public static torch.Tensor Create(long[] shape, torch.ScalarType type, SpanReader read)
    {
        torch.Tensor tensor = torch.empty(shape, type, torch.CPU);
        try
        {
            ForEachSlice(tensor, (offset, bytes) => read(offset, bytes));
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <summary>Writes the elements of a tensor of any strides and device, in row-major order.</summary>
    public static void Write(torch.Tensor tensor, Stream stream)
    {
        using var scope = torch.NewDisposeScope();
        ForEachSlice(tensor.detach().cpu().contiguous(), (_, bytes) => stream.Write(bytes));
    }

    private static void ForEachSlice(torch.Tensor contiguous, SpanReader action)
    {
        using var scope = torch.NewDisposeScope();
        torch.Tensor flat = contiguous.view(-1);
        long size = flat.ElementSize, step = SliceBytes / size;
        for (long start = 0; start < flat.numel(); start += step)
        {
            using torch.Tensor slice = flat.narrow(0, start, Math.Min(step, flat.numel() - start));
            action(start * size, slice.bytes);
        }
    }
}
