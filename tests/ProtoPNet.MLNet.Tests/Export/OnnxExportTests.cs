using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using ProtoPNet.MLNet.Export.Onnx;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Onnx;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Tests.Network;
using ProtoPNet.MLNet.Weights.Onnx;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Export;

public sealed class OnnxExportTests : IDisposable
{
    private const double Tolerance = 1e-4;
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    public static IEnumerable<TheoryDataRow<int>> Entries
        => Shared.Golden("backbones.json").EnumerateArray().Select((entry, i) => new TheoryDataRow<int>(i)
        {
            TestDisplayName = $"{entry.GetProperty("architecture").GetString()}, {entry.GetProperty("add_on").GetString()}",
        });

    [Theory, MemberData(nameof(Entries))]
    public void Every_backbone_gives_the_same_output_in_ONNX(int entry)
        => AssertSame(GoldenGenerator.Network(Shared.Golden("backbones.json")[entry]));

    public static TheoryData<NetworkArchitecture> Variants =>
    [
        Small with { Stages = 3 },
        Small with { Stages = 2, PrototypeHeight = 2, PrototypeWidth = 3 },
        Small with { Stages = 2, Similarity = SimilarityFunction.Linear },
        Small with { Stages = 2, LatentSpace = LatentSpace.Sphere },
        Small with { Stages = 2, LatentSpace = LatentSpace.Sphere, Epsilon = 0.3 },
        Small with { Stages = 2, LatentSpace = LatentSpace.Sphere, PrototypeHeight = 2, PrototypeWidth = 2 },
        Small with { Stages = 2, LatentSpace = LatentSpace.Sphere, ObjectMask = true },
        Small with { Stages = 2, ObjectMask = true, PrototypeHeight = 2, PrototypeWidth = 3 },
        Small with { Backbone = Backbone.DenseNet121, Stages = 1, ObjectMask = true },
        Small with { Backbone = Backbone.Vgg11Bn, Stages = 2 },
        Small with { Backbone = Backbone.DenseNet121, Stages = 2 },
    ];

    private static NetworkArchitecture Small => new()
    {
        Backbone = Backbone.ResNet18,
        ImageSize = 40,
        PrototypeDepth = 16,
        Classes = 3,
        PrototypeClasses = [0, 0, 1, 1, 1, 2],
    };

    [Theory, MemberData(nameof(Variants))]
    public void Cuts_larger_prototypes_linear_similarity_the_sphere_and_the_object_mask_are_exported_too(NetworkArchitecture architecture)
        => AssertSame(Filled(architecture));

    /// <summary>Operations of convolutional classifiers that the small reader has with which exported models are measured by code that is not ours.</summary>
    private static readonly string[] s_common =
    [
        "Add", "AveragePool", "BatchNormalization", "Concat", "Conv", "Div", "Equal", "Less", "Log", "MatMul", "Max", "MaxPool", "Min", "Mul",
        "Neg", "ReduceL2", "ReduceMax", "ReduceMean", "ReduceMin", "Relu", "Sigmoid", "Softmax", "Sqrt", "Sub", "Where",
    ];

    [Fact]
    public void The_reader_that_measures_exported_models_has_the_common_operations()
    {
        string reader = File.ReadAllText(Shared.Path("tools", "onnx_torch.py"));
        Assert.All(s_common, operation => Assert.Contains($"'{operation}'", reader));
    }

    [Theory, MemberData(nameof(Variants))]
    public void Exported_models_consist_of_common_operations(NetworkArchitecture architecture)
    {
        using TrainedProtoPNet model = Model(Filled(architecture));
        OnnxExport.Write(model, _folder.In("model.onnx"));
        using var file = new OnnxModelFile(_folder.In("model.onnx"));
        Assert.All(file.Model.Nodes, node => Assert.Contains(node.Operator, s_common));
    }

    [Fact]
    public void A_vector_of_integers_is_a_constant_tensor_which_every_reader_knows()
    {
        var graph = new OnnxGraph();
        graph.Apply("Reshape", ["image", graph.Integers64("shape", 0, -1)], "flat");
        OnnxFile.Write(_folder.In("flat.onnx"), graph, new("image", "N", 3, 4, 4), [new("flat", "N", 48)], new Dictionary<string, string>());
        using (var file = new OnnxModelFile(_folder.In("flat.onnx")))
            Assert.Equal(["value"], file.Model.Nodes[0].Attributes.Keys);
        Tensor images = GoldenGenerator.NormalisedImages(60000, 2, 4);
        Assert.Equal(images.Floats(), Run(_folder.In("flat.onnx"), images)["flat"]);
    }

    [Fact]
    public void Weights_beyond_the_limit_go_into_a_second_file()
    {
        using TrainedProtoPNet model = Model(Filled(Small with { Stages = 1 }));
        using (no_grad())
        {
            OnnxGraph graph = OnnxNetwork.Write(model.Network, familiar: null);
            OnnxFile.Write(
                _folder.In("large.onnx"), graph, new("image", "N", 3, 40, 40), [new("logits", "N", 3)],
                new Dictionary<string, string>(), largest: 1000);
        }
        Assert.True(new FileInfo(_folder.In("large.onnx.data")).Length > 500_000);
        Assert.True(new FileInfo(_folder.In("large.onnx")).Length < 50_000);
        Tensor images = GoldenGenerator.NormalisedImages(60000, 2, 40);
        Arrays.AssertClose(model.Network.Forward(images).Logits.Floats(), Run(_folder.In("large.onnx"), images)["logits"], Tolerance);
    }

    [Fact]
    public void The_models_metadata_tell_classes_prototypes_and_what_the_input_must_be()
    {
        using TrainedProtoPNet model = Model(Filled(Small with { Stages = 1 }));
        OnnxExport.Write(model, _folder.In("model.onnx"));
        using var session = new InferenceSession(_folder.In("model.onnx"));
        IReadOnlyDictionary<string, string> metadata = session.ModelMetadata.CustomMetadataMap;
        Assert.Equal(model.ClassNames, JsonSerializer.Deserialize<string[]>(metadata["protopnet.classes"])!);
        JsonElement prototypes = JsonDocument.Parse(metadata["protopnet.prototypes"]).RootElement;
        Assert.Equal(["0", "1", "2"], prototypes.EnumerateArray().Take(3).Select(p => p.GetProperty("index").GetRawText()));
        Assert.Equal("photo 4", prototypes[4].GetProperty("source").GetProperty("imageId").GetString());
        Assert.Equal("class 1 #3", prototypes[4].GetProperty("name").GetString());
        Assert.Equal([0.485f, 0.456f, 0.406f], JsonSerializer.Deserialize<float[]>(metadata["protopnet.mean"])!);
        Assert.Equal([-1, 3, 40, 40], session.InputMetadata["image"].Dimensions);
        Assert.Equal([-1, 6, 10, 10], session.OutputMetadata["similarity_maps"].Dimensions);
    }

    [Fact]
    public void ApplyOnnxModel_scores_within_a_pipeline_of_ML_NET()
    {
        using TrainedProtoPNet model = Model(Filled(Small with { Stages = 1 }));
        string path = _folder.In("model.onnx");
        OnnxExport.Write(model, path);
        float[] pixels = GoldenGenerator.NormalisedImages(60000, 2, 40).Floats();
        var rows = new[] { new Row { Pixels = pixels[..4800] }, new Row { Pixels = pixels[4800..] } };

        var ml = new MLContext();
        var pipeline = ml.Transforms.ApplyOnnxModel(["probabilities", "similarities"], ["image"], path);
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        Scored[] scored = [.. ml.Data.CreateEnumerable<Scored>(pipeline.Fit(data).Transform(data), reuseRowObject: false)];
        ImageScores expected = model.Score(pixels, 2);
        Arrays.AssertClose(expected.Probabilities, [.. scored.SelectMany(s => s.Probabilities)], Tolerance);
        Arrays.AssertClose(expected.Similarities, [.. scored.SelectMany(s => s.Similarities)], Tolerance);
    }

    private sealed class Row
    {
        [ColumnName("image"), VectorType(1, 3, 40, 40)]
        public float[] Pixels { get; set; } = [];
    }

    private sealed class Scored
    {
        [ColumnName("probabilities")]
        public float[] Probabilities { get; set; } = [];

        [ColumnName("similarities")]
        public float[] Similarities { get; set; } = [];
    }

    internal static ProtoPNetNetwork Filled(NetworkArchitecture architecture)
    {
        var network = new ProtoPNetNetwork(architecture, null);
        GoldenGenerator.Fill(network);
        return network;
    }

    internal static TrainedProtoPNet Model(ProtoPNetNetwork network) => new(
        network,
        [.. Enumerable.Range(0, network.Architecture.Classes).Select(k => $"class {k}")],
        [.. network.Architecture.PrototypeClasses.Select((k, j) => new Prototype
        {
            Index = j,
            ClassIndex = k,
            ClassName = $"class {k}",
            NumberInClass = network.Architecture.PrototypeClasses.Take(j + 1).Count(c => c == k),
            Source = new()
            {
                Row = j,
                ImageId = $"photo {j}",
                CellRow = 0,
                CellColumn = 0,
                Box = new(0, 1, 0, 1),
                ReceptiveField = new(0, 1, 0, 1),
                Picture = default,
                Thumbnail = default,
                Features = Drawn(network, j),
            },
        })]);

    /// <summary>Features that no patch has, different for each prototype.</summary>
    private static float[] Drawn(ProtoPNetNetwork network, int prototype)
    {
        var random = new DeterministicRandom((ulong)prototype);
        NetworkArchitecture architecture = network.Architecture;
        return [.. Enumerable.Range(0, network.Features.OutputChannels * architecture.PrototypeHeight * architecture.PrototypeWidth)
            .Select(_ => (float)random.NextDouble())];
    }

    private void AssertSame(ProtoPNetNetwork network)
    {
        using TrainedProtoPNet model = Model(network);
        string path = _folder.In("model.onnx");
        OnnxExport.Write(model, path);
        using IDisposable noGrad = no_grad();
        Tensor images = GoldenGenerator.NormalisedImages(60000, 2, network.Architecture.ImageSize);
        LatentMap latent = network.Latent(images);
        NetworkOutput expected = network.Classify(latent);
        Dictionary<string, float[]> outputs = Run(path, images);
        Arrays.AssertClose(network.Similarity(network.Distances(latent)).Floats(), outputs["similarity_maps"], Tolerance);
        Arrays.AssertClose(expected.Similarities.Floats(), outputs["similarities"], Tolerance);
        Arrays.AssertClose(expected.Logits.Floats(), outputs["logits"], Tolerance);
        Arrays.AssertClose(nn.functional.softmax(expected.Logits, 1).Floats(), outputs["probabilities"], Tolerance);
        Arrays.AssertClose(model.Score(images.Floats(), 2).Familiarity, outputs["familiarity"], Tolerance);
    }

    private static Dictionary<string, float[]> Run(string path, Tensor images)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1 };
        using var session = new InferenceSession(path, options);
        var input = new Microsoft.ML.OnnxRuntime.Tensors.DenseTensor<float>(images.Floats(), [.. images.shape.Select(d => (int)d)]);
        using var results = session.Run([NamedOnnxValue.CreateFromTensor("image", input)]);
        return results.ToDictionary(r => r.Name, r => r.AsEnumerable<float>().ToArray());
    }
}
