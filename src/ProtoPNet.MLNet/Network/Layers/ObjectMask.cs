using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Layers;

/// <summary>
/// Where the object is: the cells at which the backbone's last map, summed over its channels, is well above its own mean over the photograph
/// (after Wei et al. 2017, selective convolutional descriptor aggregation, section 3.2). It needs no annotation.
/// </summary>
internal static class ObjectMask
{
    /// <summary>The threshold, as a multiple of the mean; 1 in the paper. 1.2 was chosen by cross-validation (docs/experiments.md).</summary>
    public const double Threshold = 1.2;

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
        // The largest cell is on the object, however flat the map is.
        Tensor threshold = sums.mean([2, 3], keepdim: true).Times(Threshold).minimum(sums.amax([2, 3], keepdim: true));
        return sums.ge(threshold).MoveToOuterDisposeScope();
    }
}
