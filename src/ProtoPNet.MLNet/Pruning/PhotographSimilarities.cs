using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Pruning;

/// <summary>The similarities of photographs to a model's prototypes.</summary>
internal static class PhotographSimilarities
{
    /// <summary>Measures photographs in one pass.</summary>
    /// <param name="model">The model.</param>
    /// <param name="images">Photographs of known class.</param>
    /// <param name="view">Makes the view of a photograph from its number and its pixels.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="ArgumentException">A photograph's class is unknown.</exception>
    public static LabelledSimilarities Of(
        TrainedProtoPNet model, IReadOnlyList<AnalysedImage> images, Func<int, RgbImage, View> view, CancellationToken cancellation)
    {
        int[] labels = Classes(model, images);
        SimilarityCollector collector = new(images.Count, model.Prototypes.Count);
        InputBatches.ForEach(model, images, view, (_, inputs) =>
        {
            Tensor nearest = ProtoPNetNetwork.MinDistances(model.Network.Distances(model.Latent(inputs)));
            collector.Add([.. model.Network.Similarity(nearest).cpu().contiguous().data<float>()]);
        }, cancellation);
        return new(collector.Similarities, labels);
    }

    /// <summary>The classes of photographs.</summary>
    /// <exception cref="ArgumentException">A class is unknown.</exception>
    public static int[] Classes(TrainedProtoPNet model, IEnumerable<AnalysedImage> images) => [.. images.Select(image => image.ClassIndex
        ?? throw new ArgumentException($"The class of '{image.Id}' is not among the model's: {Few(model.ClassNames)}."))];

    private static string Few(IReadOnlyList<string> names) => string.Join(", ", names.Take(5)) + (names.Count > 5 ? ", …" : "");
}
