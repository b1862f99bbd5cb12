using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Layers;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>
/// ResNet-18 to stage 3 at 224 pixels with random weights, and patches of painted birds as prototypes, with pictures: the size and
/// cost of a trained model, without the training.
/// </summary>
internal static class MadeModel
{
    private const int Species = 8;

    /// <summary>Painted birds, encoded once and decoded on each access, like photographs on disk.</summary>
    public static AnalysedImage[] Photographs(int count, int classes)
    {
        byte[][] painted = [.. Enumerable.Range(0, Math.Min(count, 4 * Species)).AsParallel().AsOrdered().Select(i
            => ImageCodec.EncodeJpeg(
                ImageCodec.Decode(ProceduralBirds.Draw(BirdSpecies.All[i % Species], seed: i, size: 400).ToPng()), quality: 90))];
        return [.. Enumerable.Range(0, count).Select(i
            => new AnalysedImage($"bird {i}.jpg", i % classes, () => ImageCodec.Decode(painted[i % painted.Length])))];
    }

    public static byte[] Encoded(AnalysedImage photograph) => ImageCodec.EncodeJpeg(photograph.Load(), quality: 90);

    public static TrainedProtoPNet Of(int prototypes, int classes, IReadOnlyList<AnalysedImage> photographs)
    {
        DeterministicRandom random = new(1);
        NetworkArchitecture architecture = new()
        {
            Backbone = Backbone.ResNet18,
            Stages = 3,
            Classes = classes,
            PrototypeClasses = [.. Enumerable.Range(0, prototypes).Select(j => (int)((long)j * classes / prototypes))],
        };
        ProtoPNetNetwork network = new(architecture, random);
        string[] names = [.. Enumerable.Range(0, classes).Select(k => $"class {k}")];
        TrainedProtoPNet bare = new(network, names, PrototypeCatalogue.Unplaced(architecture, names));
        List<Prototype> placed = [];
        using IDisposable noGrad = no_grad();
        foreach (IGrouping<int, Prototype> here in bare.Prototypes.GroupBy(prototype => prototype.Index % Math.Min(photographs.Count, 64)))
        {
            using DisposeScope scope = NewDisposeScope();
            RgbImage picture = photographs[here.Key].Load();
            Tensor latent = bare.Latent(
                tensor(InputBatches.Render(picture, architecture), [1, 3, architecture.ImageSize, architecture.ImageSize])).Values;
            foreach (Prototype prototype in here) placed.Add(Place(bare, prototype, photographs[here.Key].Id, picture, latent, random));
        }
        return new(network, names, [.. placed.OrderBy(prototype => prototype.Index)]);
    }

    private static Prototype Place(
        TrainedProtoPNet model, Prototype prototype, string id, RgbImage picture, Tensor latent, DeterministicRandom random)
    {
        (int rows, int columns) = ((int)latent.shape[2], (int)latent.shape[3]);
        (int row, int column) = (random.NextInt(rows), random.NextInt(columns));
        Tensor vector = model.Network.PrototypeVectors.narrow(0, prototype.Index, 1);
        vector.copy_(latent.narrow(2, row, 1).narrow(3, column, 1));
        float[,] map = new float[rows, columns];
        float[] values = [.. model.Network.Similarity(PrototypeLayer.Distances(latent, vector, model.Architecture.LatentSpace))
            .contiguous().data<float>()];
        Buffer.BlockCopy(values, 0, map, 0, values.Length * sizeof(float));
        return prototype with { Source = PrototypeCatalogue.Source(prototype.Index, id, picture, new(prototype.Index, row, column, 0, map), model.Architecture) };
    }
}
