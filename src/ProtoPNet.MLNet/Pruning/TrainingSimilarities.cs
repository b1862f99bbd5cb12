using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Pruning;

/// <summary>The similarities of the training photographs to a model's prototypes, measured once: what the last layer is solved on.</summary>
/// <param name="Whole">Those of the photographs themselves (N × P).</param>
/// <param name="Views">Those of the photographs and then of augmented views of them, view by view (N·V × P), measured when first asked for.</param>
internal sealed record TrainingSimilarities(LabelledSimilarities Whole, Lazy<LabelledSimilarities> Views)
{
    /// <param name="model">The model.</param>
    /// <param name="training">The training photographs.</param>
    /// <param name="views">V, at least 1.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="ArgumentException">A photograph's class is unknown.</exception>
    public static TrainingSimilarities Of(TrainedProtoPNet model, IReadOnlyList<AnalysedImage> training, int views, CancellationToken cancellation)
    {
        LabelledSimilarities whole = OfView(model, training, 0, cancellation);
        return new(whole, new(() => LabelledSimilarities.All(
            [whole, .. Enumerable.Range(1, views - 1).Select(view => OfView(model, training, view, cancellation))])));
    }

    /// <summary>Those of one view of each photograph (N × P).</summary>
    /// <param name="model">The model.</param>
    /// <param name="images">The photographs.</param>
    /// <param name="view">0 for the photographs themselves, n for the n-th augmented view.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public static LabelledSimilarities OfView(
        TrainedProtoPNet model, IReadOnlyList<AnalysedImage> images, int view, CancellationToken cancellation)
        => PhotographSimilarities.Of(model, images, view == 0 ? static (_, _) => View.Whole : Augmented(view), cancellation);

    private static Func<int, RgbImage, View> Augmented(int view) => (number, image)
        => Augmentation.Paper.Sample(ViewSeed.Of(seed: 0, epoch: 0, number, view), (double)image.Width / image.Height);
}
