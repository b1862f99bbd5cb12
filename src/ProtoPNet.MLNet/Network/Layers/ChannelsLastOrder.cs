using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Layers;

/// <summary>The memory layout in which CPU convolutions are fastest: the channels of a pixel are adjacent. Shapes do not change.</summary>
internal static class ChannelsLastOrder
{
    /// <summary>A copy of a four-dimensional tensor in that layout (TorchSharp has no <c>memory_format</c>).</summary>
    public static Tensor ChannelsLast(this Tensor tensor)
    {
        using DisposeScope scope = NewDisposeScope();
        return tensor.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    /// <summary>Converts a layer's weights to that layout.</summary>
    public static void ToChannelsLast(this ConvolutionLayer convolution)
    {
        using Tensor reordered = convolution.Weight.detach().ChannelsLast();
        convolution.Weight.set_(reordered);
    }
}
