using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Reports;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Reports;

/// <summary>An untrained network whose prototypes are patches of painted birds: real numbers and pictures without training.</summary>
internal static class Birds
{
    public const string Hostile = "<script>alert('Wren')</script> & \"co\"";

    private const int PerClass = 4;

    public static IReadOnlyList<string> Classes { get; } = ["Painted Bunting", Hostile, "Ruby-throated Hummingbird"];

    public static IReadOnlyList<AnalysedImage> Photographs { get; } =
        [.. Enumerable.Range(0, 12).Select(i => new AnalysedImage($"train/{i}.png", i % Classes.Count, () => Paint(i)))];

    public static RgbImage Paint(int number)
    {
        BirdPicture picture = ProceduralBirds.Draw(BirdSpecies.All[number % Classes.Count], seed: number, size: 240);
        return ImageCodec.Decode(picture.ToPng());
    }

    public static TrainedProtoPNet Model() => Model(5, Classes);

    private static TrainedProtoPNet Model(ulong seed, IReadOnlyList<string> classes)
    {
        DeterministicRandom random = new(seed);
        NetworkArchitecture architecture = new()
        {
            Backbone = Backbone.ResNet18,
            Stages = 2,
            ImageSize = 96,
            PrototypeDepth = 16,
            Classes = Classes.Count,
            PrototypeClasses = NetworkArchitecture.EqualPrototypeClasses(Classes.Count, PerClass),
        };
        ProtoPNetNetwork network = new(architecture, random);
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        network.LastLayer.add_(tensor([.. Enumerable.Range(0, Classes.Count * architecture.Prototypes).Select(_ => (float)(0.2 * random.Normal()))],
            [Classes.Count, architecture.Prototypes]));
        TrainedProtoPNet unplaced = new(network, classes, [.. architecture.PrototypeClasses.Select((k, j) => Unplaced(classes, k, j))]);
        return new(network, classes, [.. unplaced.Prototypes.Select(prototype => Place(unplaced, prototype, random))]);
    }

    /// <summary>Two networks of the same birds, of which one does not know them by the same numbers.</summary>
    public static EnsembleReport Ensemble()
    {
        using ProtoPNetEnsemble ensemble = ProtoPNetEnsemble.Of(Transformer(5, Classes), Transformer(6, [.. Classes.Reverse()]));
        return ensemble.ExplainAsReport(ImageCodec.EncodePng(Paint(100)), "a bird <b>.png");

        static ProtoPNetTransformer Transformer(ulong seed, IReadOnlyList<string> classes)
        {
            TrainedProtoPNet model = Model(seed, classes);
            return new(model, Columns.ClassLabels.Parse("String", model.ClassNames), new(), 4);
        }
    }

    public static LocalReport Report(TrainedProtoPNet model) => model.Report(Paint(100), "a bird <b>.png");

    public static GalleryReport Gallery(TrainedProtoPNet model)
        => MLNet.Reports.Gallery.Of(model, "birds", [new("training", GlobalAnalysis.Run(model, Photographs), Photographs)]);

    /// <summary>Measured on photographs with two annotated parts, the object's box known on all but one.</summary>
    public static InterpretabilityReport Measures(TrainedProtoPNet model)
        => InterpretabilityMeasurement.Run(model, Photographs.Select((image, i) => image with
        {
            Parts = [new("crown", 120, 60), new("tail <i>", 60, 180)],
            ObjectBox = i == 0 ? null : new(40, 40, 160, 160),
        }), new(), CancellationToken.None);

    /// <summary>The same model with what was measured of three of its prototypes.</summary>
    public static TrainedProtoPNet Trusted(TrainedProtoPNet model) => new(model.Network, model.ClassNames, [.. model.Prototypes.Select(p => p with
    {
        Trust = p.NumberInClass switch
        {
            1 => new(30) { BestPart = new("crown", 27, 30), ClassPurity = 1 },
            2 => new(30) { BestPart = new("tail", 12, 30) },
            3 => new(30) { ClassPurity = 0.5 },
            _ => null,
        },
    })]);

    private static Prototype Unplaced(IReadOnlyList<string> classes, int classIndex, int index) => new()
    {
        Index = index,
        ClassIndex = classIndex,
        ClassName = classes[classIndex],
        NumberInClass = index % PerClass + 1,
    };

    /// <summary>Makes the prototype a patch of a photograph of its class, near its middle.</summary>
    private static Prototype Place(TrainedProtoPNet model, Prototype prototype, DeterministicRandom random)
    {
        AnalysedImage photograph = Photographs.Where(image => image.ClassIndex == prototype.ClassIndex).ElementAt(prototype.NumberInClass - 1);
        RgbImage picture = photograph.Load();
        int side = model.Architecture.ImageSize;
        using DisposeScope scope = NewDisposeScope();
        Tensor latent = model.Latent(tensor(InputBatches.Render(picture, model.Architecture), [1, 3, side, side])).Values;
        (int row, int column) = (3 + random.NextInt(6), 3 + random.NextInt(6));
        model.Network.PrototypeVectors[prototype.Index].copy_(latent[0].narrow(1, row, 1).narrow(2, column, 1));
        PixelBox box = new(8 * row - 12, 8 * row + 20, 8 * column - 12, 8 * column + 20);
        return prototype with
        {
            Source = new()
            {
                Row = Photographs.ToList().IndexOf(photograph),
                ImageId = photograph.Id,
                CellRow = row,
                CellColumn = column,
                Box = box,
                ReceptiveField = ReceptiveField.Of(model.Architecture).Box(row, column),
                Picture = ImageCodec.EncodePng(Pictures.Crop(picture, box, side)),
                Thumbnail = ImageCodec.EncodeJpeg(Pictures.Shrink(picture, 160), 85),
            },
        };
    }
}
