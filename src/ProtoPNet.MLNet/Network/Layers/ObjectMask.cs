using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Layers;

/// <summary>
/// Where the object is: the cells at which the backbone's last map, summed over its channels, is at least its own mean over the photograph
/// (Wei et al. 2017, selective convolutional descriptor aggregation, section 3.2). It has no parameter and needs no annotation.
/// </summary>
internal static class ObjectMask
{
    /// <summary>
    /// Features (N × C × H × W) to a mask (N × 1 × H' × W') of the patches of h × w cells on the object; at least one per photograph is. Only
    /// positive activations count, because some backbones end without a ReLU. Of a larger patch, the mean of its cells counts.
    /// </summary>
    public static Tensor Of(Tensor features, int height, int width)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Tensor sums = features.relu().sum(1, keepdim: true, type: ScalarType.Float32);
        if (height * width > 1) sums = nn.functional.avg_pool2d(sums, [height, width], stride: [1, 1]);
        // Rounding may put the mean of equal cells above them; the largest cell is always on the object.
        Tensor threshold = sums.mean([2, 3], keepdim: true).minimum(sums.amax([2, 3], keepdim: true));
        return sums.ge(threshold).MoveToOuterDisposeScope();
    }
}
