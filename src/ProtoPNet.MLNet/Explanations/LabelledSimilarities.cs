using MathNet.Numerics.LinearAlgebra;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>All that the last layer ever sees of photographs: their similarities to the prototypes (N × P), and their classes (N).</summary>
internal sealed record LabelledSimilarities(Matrix<float> Similarities, int[] Labels)
{
    /// <summary>Measures photographs in one pass.</summary>
    /// <param name="model">The model.</param>
    /// <param name="images">Photographs of known class.</param>
    /// <param name="view">How to look at a photograph, by its number and its pixels.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="ArgumentException">A photograph's class is not known.</exception>
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
    /// <exception cref="ArgumentException">One is not known.</exception>
    public static int[] Classes(TrainedProtoPNet model, IEnumerable<AnalysedImage> images) => [.. images.Select(image => image.ClassIndex
        ?? throw new ArgumentException($"The class of '{image.Id}' is not among the model's: {Few(model.ClassNames)}."))];

    /// <summary>Several sets, or several views of one, as one.</summary>
    public static LabelledSimilarities All(IReadOnlyList<LabelledSimilarities> sets) => sets.Count == 1 ? sets[0] : new(
        sets.Select(set => set.Similarities).Aggregate((above, below) => above.Stack(below)), [.. sets.SelectMany(set => set.Labels)]);

    /// <summary>Only some of the prototypes, in the order given.</summary>
    public LabelledSimilarities Of(IReadOnlyList<int> prototypes)
        => this with { Similarities = Matrix<float>.Build.DenseOfColumns(prototypes.Select(j => Similarities.Column(j))) };

    /// <summary>Only some of the photographs.</summary>
    public LabelledSimilarities Rows(IReadOnlyList<int> rows)
        => new(Matrix<float>.Build.DenseOfRows(rows.Select(i => Similarities.Row(i))), [.. rows.Select(i => Labels[i])]);

    /// <summary>The share that a last layer (K × P) gets right.</summary>
    public double Accuracy(float[,] weights) => LastLayerObjective.AccuracyOf(Similarities, Labels, Matrix<float>.Build.DenseOfArray(weights));

    private static string Few(IReadOnlyList<string> names) => string.Join(", ", names.Take(5)) + (names.Count > 5 ? ", …" : "");
}
