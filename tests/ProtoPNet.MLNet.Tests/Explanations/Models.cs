using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Explanations;

/// <summary>A small model, and pictures to explain.</summary>
internal static class Models
{
    public const int Classes = 3, PerClass = 3, Side = 32;

    /// <summary>ResNet-18 after one stage, random weights; with its prototypes projected onto patches of the pictures if there are any.</summary>
    public static TrainedProtoPNet Make(
        ulong seed = 1, IReadOnlyList<AnalysedImage>? sources = null, SimilarityFunction similarity = SimilarityFunction.Log,
        bool objectMask = false)
    {
        DeterministicRandom random = new(seed);
        NetworkArchitecture architecture = new()
        {
            Backbone = Backbone.ResNet18,
            Stages = 1,
            ImageSize = Side,
            PrototypeDepth = 8,
            Similarity = similarity,
            ObjectMask = objectMask,
            Classes = Classes,
            PrototypeClasses = NetworkArchitecture.EqualPrototypeClasses(Classes, PerClass),
        };
        ProtoPNetNetwork network = new(architecture, random);
        using IDisposable noGrad = no_grad();
        float[] values = [.. Enumerable.Range(0, Classes * architecture.Prototypes).Select(_ => (float)random.Normal())];
        using (Tensor noise = tensor(values, [Classes, architecture.Prototypes]))
            network.LastLayer.add_(noise);
        Prototype[] prototypes = [.. architecture.PrototypeClasses.Select((k, j) => new Prototype
        {
            Index = j,
            ClassIndex = k,
            ClassName = $"class {k}",
            NumberInClass = j % PerClass + 1,
        })];
        TrainedProtoPNet model = new(network, [.. Enumerable.Range(0, Classes).Select(k => $"class {k}")], prototypes);
        return sources is null ? model : Project(model, sources, random);
    }

    /// <summary>A picture of coloured noise on a gradient.</summary>
    public static RgbImage Picture(ulong seed, int width = 48, int height = 40)
    {
        DeterministicRandom random = new(seed);
        (double red, double blue) = (random.NextDouble(0, 255), random.NextDouble(0, 255));
        byte[] pixels = new byte[3 * width * height];
        for (int i = 0; i < width * height; i++)
        {
            double x = (double)(i % width) / width, noise = random.NextDouble(0, 60);
            (pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]) =
                ((byte)Math.Min(255, red * x + noise), (byte)(127 * (1 - x) + noise), (byte)Math.Min(255, blue * (1 - x) + noise));
        }
        return new(width, height, pixels);
    }

    public static AnalysedImage[] Images(int count)
        => [.. Enumerable.Range(0, count).Select(i => new AnalysedImage($"picture {i}", i % Classes, () => Picture((ulong)i + 100)))];

    public static float[] Input(RgbImage image)
    {
        float[] pixels = new float[3 * Side * Side];
        ViewRenderer.Render(image, View.Whole, Side, InputNormalisation.ImageNet, pixels);
        return pixels;
    }

    /// <summary>Makes each prototype a patch of a picture: prototype j of picture j.</summary>
    private static TrainedProtoPNet Project(TrainedProtoPNet model, IReadOnlyList<AnalysedImage> sources, DeterministicRandom random)
    {
        List<Prototype> prototypes = [];
        using IDisposable noGrad = no_grad();
        foreach (Prototype prototype in model.Prototypes)
        {
            AnalysedImage image = sources[prototype.Index % sources.Count];
            using Tensor input = tensor(Input(image.Load()), [1, 3, Side, Side]), latent = model.Latent(input).Values;
            (int row, int column) = (random.NextInt((int)latent.shape[2]), random.NextInt((int)latent.shape[3]));
            using Tensor vector = model.Network.PrototypeVectors[prototype.Index], patch = latent[0].narrow(1, row, 1).narrow(2, column, 1);
            vector.copy_(patch);
            prototypes.Add(prototype with
            {
                Source = new()
                {
                    Row = prototype.Index % sources.Count,
                    ImageId = image.Id,
                    CellRow = row,
                    CellColumn = column,
                    Box = new(0, 1, 0, 1),
                    ReceptiveField = new(0, 1, 0, 1),
                    Picture = default,
                    Thumbnail = default,
                },
            });
        }
        return new(model.Network, model.ClassNames, prototypes);
    }
}
