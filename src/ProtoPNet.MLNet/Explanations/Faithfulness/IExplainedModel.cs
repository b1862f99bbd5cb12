using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>The explanation of a prediction as one map of the input.</summary>
/// <param name="Predicted">The predicted class, 0-based.</param>
/// <param name="Map">How much each pixel counts (S × S).</param>
/// <param name="Boxes">The boxes that pages draw.</param>
internal sealed record ExplainedInput(int Predicted, float[,] Map, IReadOnlyList<PixelBox> Boxes);

/// <summary>A model whose predictions can be explained by a map, whatever it is inside.</summary>
internal interface IExplainedModel
{
    InputFormat Format { get; }

    /// <summary>The predicted class of each input (N × 3 × S × S).</summary>
    int[] Predict(Tensor inputs);

    /// <summary>The explanations of the predictions for inputs (N × 3 × S × S).</summary>
    IReadOnlyList<ExplainedInput> Explain(Tensor inputs);
}

/// <summary>A ProtoPNet: the map is the sum, over the evidence, of points × similarity map, each map from 0 (its least) to 1 (its greatest value).</summary>
internal sealed class ExplainedProtoPNet(TrainedProtoPNet model) : IExplainedModel
{
    public InputFormat Format { get; } = InputFormat.Of(model);

    public int[] Predict(Tensor inputs)
    {
        using LatentMap latent = model.Latent(inputs);
        return Predictions.Highest(model.Network.Classify(latent).Logits);
    }

    public IReadOnlyList<ExplainedInput> Explain(Tensor inputs)
    {
        Tensor maps = model.Network.Similarity(model.Network.Distances(model.Latent(inputs))); // N × P × H' × W'
        Tensor similarities = maps.flatten(2).amax(2);
        int[] predicted = Predictions.Highest(model.Network.Logits(similarities));
        float[][] values = [.. similarities.cpu().contiguous().data<float>().ToArray().Chunk(model.Prototypes.Count)];
        return [.. predicted.Select((k, n) => Of(k, values[n], Maps.Of(maps[n])))];
    }

    private ExplainedInput Of(int predicted, float[] similarities, float[,,] maps)
    {
        int side = Format.Side;
        int[] evidence = StrongEvidence.For(similarities, model.LastLayerWeights, predicted);
        float[,] sum = new float[side, side];
        List<PixelBox> boxes = [];
        foreach (int j in evidence)
        {
            float[,] map = Maps.Of(maps, j);
            boxes.Add(SimilarityMap.HighActivationBox(map, side));
            if (SimilarityMap.IsFlat(map)) continue;
            float[,] large = SimilarityMap.Enlarge(map, side);
            (float least, float most) = (large.Cast<float>().Min(), large.Cast<float>().Max());
            float scale = similarities[j] * model.LastLayerWeights[predicted, j] / (most - least);
            for (int y = 0; y < side; y++)
                for (int x = 0; x < side; x++) sum[y, x] += scale * (large[y, x] - least);
        }
        return new(predicted, sum, boxes);
    }
}

/// <summary>A classifier without prototypes: the map is the class activation map of the predicted class.</summary>
internal sealed class ExplainedPooled(TrainedPooledClassifier model) : IExplainedModel
{
    public InputFormat Format { get; } = InputFormat.Of(model);

    public int[] Predict(Tensor inputs) => Predictions.Highest(model.Network.Logits(model.Features(inputs)));

    public IReadOnlyList<ExplainedInput> Explain(Tensor inputs)
    {
        Tensor features = model.Features(inputs), maps = model.Network.ActivationMaps(features);
        return [.. Predictions.Highest(model.Network.Logits(features)).Select((k, n) =>
        {
            float[,] map = Maps.Of(Maps.Of(maps[n]), k);
            return new ExplainedInput(k, SimilarityMap.Enlarge(map, Format.Side), [SimilarityMap.HighActivationBox(map, Format.Side)]);
        })];
    }
}

/// <summary>Reads predictions off logits.</summary>
internal static class Predictions
{
    /// <summary>The class with the highest logit of each row (N × K).</summary>
    public static int[] Highest(Tensor logits) => [.. logits.argmax(1).cpu().data<long>().Select(k => (int)k)];
}
