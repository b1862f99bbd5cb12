using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Import;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>
/// What ML.NET's ResNet-18 gains by its package's mean image over the means of its channels, by squeezing photographs over padding them to squares,
/// and by larger inputs than it was trained on: accuracy of a linear classifier on pooled features, cross-validated on CUB's cropped training photographs (paired: the same folds), and on
/// the test photographs. <c>preprocessing --data CUB_200_2011</c>
/// </summary>
internal static class PreprocessingBenchmark
{
    private const int Size = 224, Folds = 5, Seeds = 3;

    private static readonly float[] s_mean = [123.15f, 115.90f, 103.06f]; // of the padding, so that it is zero for the network

    public static object Run(Arguments arguments)
    {
        ImageDataset cub = CubDataset.Load(arguments.Text("data", "../shared/data/CUB_200_2011_ten"));
        using var preprocess = new Weights.Onnx.OnnxModelFile(DnnResNet18File.Preprocessing);
        using Tensor image = preprocess.Model.Initialisers["MeanImage"].Load();
        using Tensor difference = (image.view(1, 3, Size, Size).flip(1) - tensor(s_mean).view(1, 3, 1, 1)) / 255; // BGR to RGB
        using ImportedBackbone imported = OnnxBackbones.Read(DnnResNet18File.Path, DnnImageModels.ResNet18Options);
        using BackboneNetwork network = imported.Network();
        using var copy = new InferenceFeatures(network, CPU);
        InputNormalisation normalisation = imported.Graph.Normalisation;

        var ways = new Dictionary<string, Func<RgbImage, Tensor>>
        {
            ["channel means, squeezed"] = photograph => Render(photograph),
            ["mean image, squeezed"] = photograph => Render(photograph) - difference / normalisation.Deviation[0],
            ["channel means, padded"] = photograph => Render(Padded(photograph)),
            ["256 px"] = photograph => Render(photograph, 256),
            ["288 px"] = photograph => Render(photograph, 288),
            ["320 px"] = photograph => Render(photograph, 320),
            ["384 px"] = photograph => Render(photograph, 384),
        };
        return ways.ToDictionary(way => way.Key, way => Measure(cub, photograph =>
        {
            using DisposeScope scope = NewDisposeScope();
            using IDisposable noGrad = no_grad();
            return copy.Of(way.Value(photograph)).mean([2, 3]).data<float>().ToArray();
        }));

        Tensor Render(RgbImage photograph, int size = Size)
        {
            float[] pixels = new float[3 * size * size];
            NetworkInput.Render(photograph, size, normalisation, pixels);
            return tensor(pixels, [1, 3, size, size]);
        }
    }

    private static object Measure(ImageDataset cub, Func<RgbImage, float[]> features)
    {
        Row[] train = Rows(cub.Train), test = Rows(cub.Test);
        var ml = new MLContext(1);
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, train[0].Features.Length);
        IEstimator<ITransformer> linear = ml.Transforms.Conversion.MapValueToKey("Label").Append(ml.Transforms.NormalizeMeanVariance("Features"))
            .Append(ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(
                new LbfgsMaximumEntropyMulticlassTrainer.Options { L1Regularization = 0, L2Regularization = 1, NumberOfThreads = 1 }));
        IDataView trainRows = ml.Data.LoadFromEnumerable(train, schema);
        double[] validated = [.. Enumerable.Range(1, Seeds).SelectMany(seed => new MLContext(seed).MulticlassClassification
            .CrossValidate(trainRows, linear, Folds, seed: seed).Select(fold => fold.Metrics.MicroAccuracy))];
        double tested = ml.MulticlassClassification.Evaluate(linear.Fit(trainRows).Transform(ml.Data.LoadFromEnumerable(test, schema))).MicroAccuracy;
        return new { validated = Math.Round(validated.Average(), 4), folds = validated.Select(a => Math.Round(a, 3)), test = Math.Round(tested, 4) };

        Row[] Rows(IReadOnlyList<ImageRecord> records) => [.. records.Select(record => new Row
        {
            Label = record.Label,
            Features = features(AnalysedImage.FromFile(record.ImagePath, null, cub.PathOf(record), record.BoundingBox).Load()),
        })];
    }

    private static RgbImage Padded(RgbImage image)
    {
        int side = Math.Max(image.Width, image.Height), left = (side - image.Width) / 2, top = (side - image.Height) / 2;
        byte[] pixels = new byte[3 * side * side];
        for (int i = 0; i < pixels.Length; i++) pixels[i] = (byte)MathF.Round(s_mean[i % 3]);
        for (int row = 0; row < image.Height; row++)
            image.Pixels.AsSpan(3 * row * image.Width, 3 * image.Width).CopyTo(pixels.AsSpan(3 * ((top + row) * side + left)));
        return new(side, side, pixels);
    }

    private sealed class Row
    {
        public string Label { get; set; } = "";

        public float[] Features { get; set; } = [];
    }
}
