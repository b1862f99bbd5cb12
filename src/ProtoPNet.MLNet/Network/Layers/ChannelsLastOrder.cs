using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Layers;

/// <summary>The memory order in which CPU convolutions are fastest: the channels of a pixel side by side. Shapes stay as they are.</summary>
internal static class ChannelsLastOrder
{
    /// <summary>A copy of a four-dimensional tensor in that order (TorchSharp has no <c>memory_format</c>).</summary>
    public static Tensor ChannelsLast(this Tensor tensor)
    {
        using DisposeScope scope = NewDisposeScope();
        return tensor.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    /// <summary>Reorders a layer's weights.</summary>
    public static void ToChannelsLast(this ConvolutionLayer convolution)
    {
        using Tensor reordered = convolution.Weight.detach().ChannelsLast();
        convolution.Weight.set_(reordered);
    }
}
