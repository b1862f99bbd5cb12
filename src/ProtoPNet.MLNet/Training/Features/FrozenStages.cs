using ProtoPNet.MLNet.Model;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training.Features;

/// <summary>The frozen leading stages of a backbone.</summary>
/// <param name="Backbone">A copy of the backbone.</param>
/// <param name="Count">The number of stages.</param>
/// <param name="Shape">The shape of the features of one view: C × H × W.</param>
internal sealed record FrozenStages(InferenceFeatures Backbone, int Count, long[] Shape)
{
    /// <summary>
    /// The features of N images. A lone image is computed as one of two: libtorch has other kernels for it, which round differently, and features
    /// must not depend on the batch.
    /// </summary>
    public Tensor Of(Tensor images)
        => images.shape[0] > 1 ? Backbone.Run(images, 0, Count) : Backbone.Run(cat([images, images]), 0, Count).narrow(0, 0, 1);
}
