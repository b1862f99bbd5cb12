using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;

namespace ProtoPNet.MLNet.Tests;

/// <summary>A model with random weights and generated photographs, for tests of columns and files.</summary>
internal static class SmallModel
{
    public const int Size = 32;

    public static string[] Classes { get; } = ["Cardinal", "Robin", "Wren"];

    public static TrainedProtoPNet Trained(ulong seed = 1, Backbone? backbone = null, LatentSpace space = LatentSpace.Cube, int side = 1, double epsilon = 1e-4)
    {
        NetworkArchitecture architecture = new()
        {
            Backbone = backbone ?? Backbone.ResNet18,
            Stages = 1,
            LatentSpace = space,
            Epsilon = epsilon,
            ImageSize = Size,
            PrototypeDepth = 8,
            PrototypeHeight = side,
            PrototypeWidth = side,
            Classes = Classes.Length,
            PrototypeClasses = NetworkArchitecture.EqualPrototypeClasses(Classes.Length, 2),
        };
        var network = new ProtoPNetNetwork(architecture, new DeterministicRandom(seed));
        Prototype[] prototypes = [.. architecture.PrototypeClasses.Select((k, j) => new Prototype
        {
            Index = j,
            ClassIndex = k,
            ClassName = Classes[k],
            NumberInClass = j % 2 + 1,
            Source = j == 5 ? null : Source(j),
        })];
        return new(network, Classes, prototypes);
    }

    private static PrototypeSource Source(int j) => new()
    {
        Row = 10 + j,
        ImageId = $"bird {j}.png",
        CellRow = j,
        CellColumn = 1,
        Box = new(0, 4, j, j + 4),
        ReceptiveField = new(0, 20, 0, 20),
        Picture = new byte[] { 1, 2, (byte)j },
        Thumbnail = new byte[] { 3, (byte)j },
    };

    /// <summary>The same with features of all prototypes' patches, drawn by chance.</summary>
    public static TrainedProtoPNet Knowing(TrainedProtoPNet model)
    {
        var random = new DeterministicRandom(3);
        NetworkArchitecture architecture = model.Architecture;
        int values = model.Network.Features.OutputChannels * architecture.PrototypeHeight * architecture.PrototypeWidth;
        float[] Drawn() => [.. Enumerable.Range(0, values).Select(_ => (float)random.NextDouble())];
        return new(
            model.Network, model.ClassNames, [.. model.Prototypes.Select(p => p with { Source = (p.Source ?? Source(p.Index)) with { Features = Drawn() } })]);
    }

    public static ProtoPNetTransformer Transformer(TrainedProtoPNet? model = null, ClassLabels? labels = null, int batchSize = 4)
        => new(model ?? Trained(), labels ?? ClassLabels.Parse("String", Classes), new(), batchSize);

    /// <summary>The same backbone without prototypes.</summary>
    public static TrainedPooledClassifier Pooled() => new(
        new(new() { Backbone = Backbone.ResNet18, Stages = 1, ImageSize = Size, Classes = Classes.Length }, new(7)), Classes);

    public static PooledImageClassifierTransformer Transformer(TrainedPooledClassifier pooled) => new(pooled, ClassLabels.Parse("String", Classes), new(), 4);

    /// <summary>A photograph of coloured noise, different for each number.</summary>
    public static RgbImage Picture(int number, int width = 40, int height = 30)
    {
        byte[] pixels = new byte[3 * width * height];
        var random = new DeterministicRandom((ulong)number + 100);
        for (int i = 0; i < pixels.Length; i++) pixels[i] = (byte)(128 + 127 * Math.Sin(i * 0.01 * (number + 1)) * random.NextDouble());
        return new(width, height, pixels);
    }

    public static MLImage Image(RgbImage picture)
    {
        byte[] rgba = new byte[4 * picture.Width * picture.Height];
        for (int p = 0; p < picture.Width * picture.Height; p++)
        {
            picture.Pixels.AsSpan(3 * p, 3).CopyTo(rgba.AsSpan(4 * p));
            rgba[4 * p + 3] = 255;
        }
        return MLImage.CreateFromPixels(picture.Width, picture.Height, MLPixelFormat.Rgba32, rgba);
    }

    public static List<Photo> Photos(int count)
        => [.. Enumerable.Range(0, count).Select(i
            => new Photo { Number = i, Name = $"photo {i}", Label = Classes[i % 3], Image = Image(Picture(i)) })];

    internal sealed class Photo
    {
        public int Number { get; set; }

        public string Name { get; set; } = "";

        public string Label { get; set; } = "";

        [ImageType(30, 40)]
        public MLImage? Image { get; set; }
    }

    internal sealed class Scored
    {
        public int Number { get; set; }

        public string Name { get; set; } = "";

        public float[] Score { get; set; } = [];

        public uint PredictedLabel { get; set; }

        public float[] Similarities { get; set; } = [];
    }
}
