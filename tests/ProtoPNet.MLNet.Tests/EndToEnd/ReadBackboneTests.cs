using Microsoft.ML;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Import;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Tests.Export;
using ProtoPNet.MLNet.Tests.Import;
using ProtoPNet.MLNet.Tests.Network;
using ProtoPNet.MLNet.Tests.Persistence;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.EndToEnd;

/// <summary>Backbones that are read from files, on all the ways that the seventeen go.</summary>
public sealed class ReadBackboneTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ResNet18_of_MLNet_wants_colours_from_0_to_255_less_its_means()
    {
        Backbone backbone = Dnn();
        Assert.Equal("DnnResNet18", backbone.ToString());
        Assert.True(backbone.BringsWeights);
        Assert.Equal(4, backbone.Stages);
        Assert.Equal(backbone, Dnn());
        Assert.NotEqual(backbone, Backbone.Read(backbone.Graph.Cut(3)));
        float[] pixels = new float[3 * 2 * 2];
        NetworkInput.Render(new RgbImage(1, 1, [255, 0, 100]), 2, backbone.Normalisation, pixels);
        Arrays.AssertClose(
            [131.85f, 131.85f, 131.85f, 131.85f, -115.9f, -115.9f, -115.9f, -115.9f, -3.06f, -3.06f, -3.06f, -3.06f], pixels, 1e-3);
    }

    [Fact]
    public void A_saved_model_needs_no_file_of_its_backbone()
    {
        byte[] file = File.ReadAllBytes(DnnResNet18Tests.Model("ResNet18Onnx", "ResNet18.onnx"));
        string path = _folder.In("elsewhere.onnx");
        File.WriteAllBytes(path, file);
        using TrainedProtoPNet model = Model(Backbone.Onnx(path, InputNormalisation.MinusOneToOne, ChannelOrder.Bgr), 2);
        using ProtoPNetTransformer transformer = SmallModel.Transformer(model);
        File.Delete(path);
        var ml = new MLContext(1);
        string zip = _folder.In("model.zip");
        ml.Model.Save(transformer, null, zip);
        using var loaded = (ProtoPNetTransformer)ml.Model.Load(zip, out _);
        NetworkArchitecture architecture = loaded.Inside().Architecture;
        Assert.Equal(model.Architecture.Backbone, architecture.Backbone);
        Assert.Equal("elsewhere.onnx", architecture.Backbone.Name);
        Assert.False(architecture.Backbone.BringsWeights);
        Assert.Equal(InputNormalisation.MinusOneToOne, architecture.Backbone.Normalisation);
        Same(model, loaded.Inside());
    }

    [Fact]
    public void A_state_dict_says_which_backbone_it_is_of()
    {
        using TrainedProtoPNet model = Model(Dnn(), 3);
        using ProtoPNetTransformer transformer = SmallModel.Transformer(model);
        string path = _folder.In("model.safetensors");
        transformer.ExportStateDict(path);
        ImportedProtoPNet imported = ProtoPNetImport.FromCheckpoint(path);
        using ProtoPNetTransformer again = imported.Transformer;
        Assert.Equal(3, imported.Architecture.Backbone.Stages);
        Assert.Equal(Dnn().Normalisation, imported.Architecture.Backbone.Normalisation);
        Same(model, again.Inside());
    }

    [Fact]
    public void An_export_to_ONNX_gives_the_same_and_says_what_it_wants_of_images()
    {
        using TrainedProtoPNet model = Model(Dnn(), null);
        using ProtoPNetTransformer transformer = SmallModel.Transformer(model);
        string path = _folder.In("model.onnx");
        transformer.ExportOnnx(path);
        using DisposeScope scope = NewDisposeScope();
        Tensor images = Images(model);
        float[] ours = model.Score(images.Floats(), 2).Logits, theirs = OnnxRuns.Run(path, images, "logits");
        double scale = ours.Max(Math.Abs);
        Assert.True(scale > 0.1, $"{scale}");
        Arrays.AssertClose(ours, theirs, 1e-4 * scale);
        using var session = new Microsoft.ML.OnnxRuntime.InferenceSession(path);
        Assert.StartsWith("[0.4829", session.ModelMetadata.CustomMetadataMap["protopnet.mean"], StringComparison.Ordinal);
        Assert.StartsWith("[0.0039", session.ModelMetadata.CustomMetadataMap["protopnet.std"], StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(OnnxGoldenTests.Files), MemberType = typeof(OnnxGoldenTests))]
    public void Models_on_classifiers_of_all_kinds_score_the_same_in_ONNX_Runtime(string file)
    {
        using TrainedProtoPNet model = Model(Backbone.Onnx(OnnxGoldenTests.Path(file)), null);
        using ProtoPNetTransformer transformer = SmallModel.Transformer(model);
        string path = _folder.In("model.onnx");
        transformer.ExportOnnx(path);
        using DisposeScope scope = NewDisposeScope();
        Tensor images = Images(model);
        float[] ours = model.Score(images.Floats(), 2).Logits, theirs = OnnxRuns.Run(path, images, "logits");
        Arrays.AssertClose(ours, theirs, 1e-4 * Math.Max(1, ours.Max(Math.Abs)));
    }

    [Fact]
    public void Where_the_package_is_not_there_the_error_names_it()
    {
        string nowhere = _folder.In("nowhere"), packages = _folder.In("packages");
        FileNotFoundException missing = Assert.Throws<FileNotFoundException>(() => DnnImageModels.Find(nowhere, null, packages));
        Assert.Contains("dotnet add package Microsoft.ML.DnnImageFeaturizer.ResNet18 --version 0.23.1", missing.Message, StringComparison.Ordinal);
        Assert.Contains("PROTOPNET_DNN_MODELS", missing.Message, StringComparison.Ordinal);
        Assert.Contains("PROTOPNET_DNN_MODELS is", Assert.Throws<FileNotFoundException>(
            () => DnnImageModels.Find(nowhere, nowhere, packages)).Message, StringComparison.Ordinal);
        string old = Place(packages, "microsoft.ml.dnnimagefeaturizer.resnet18", "0.9.0", "tools", "DnnImageModels");
        Assert.Equal(old, DnnImageModels.Find(nowhere, null, packages));
        string newer = Place(packages, "microsoft.ml.dnnimagefeaturizer.resnet18", "0.23.1", "tools", "DnnImageModels");
        Assert.Equal(newer, DnnImageModels.Find(nowhere, null, packages));
        string beside = Place(nowhere, "DnnImageModels");
        Assert.Equal(beside, DnnImageModels.Find(nowhere, null, packages));
        Assert.Equal(newer, DnnImageModels.Find(nowhere, Path.GetDirectoryName(Path.GetDirectoryName(newer)), packages));
    }

    [Fact]
    public void Published_weights_are_refused_for_a_backbone_that_was_read()
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(() => new MLContext(1).MulticlassClassification.Trainers.ProtoPNet(
            new ProtoPNetTrainer.Options { Backbone = Dnn(), Weights = PretrainedWeights.ImageNet }));
        Assert.Contains("has no weights for 'DnnResNet18', which brings its own", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_does_not_go_on_with_another_backbone()
    {
        string Of(Backbone backbone) => new ProtoPNetTrainer.Options { Backbone = backbone }.Fingerprint(1, ["a", "b"])["Backbone"];

        Assert.Equal("ResNet18", Of(Backbone.ResNet18));
        Assert.Equal(Of(Dnn()), Of(Dnn()));
        string path = DnnResNet18Tests.Model("ResNet18Onnx", "ResNet18.onnx");
        Assert.NotEqual(Of(Backbone.Onnx(path)), Of(Backbone.Onnx(path, InputNormalisation.ZeroTo255)));
        Assert.NotEqual(Of(Backbone.Onnx(path)), Of(Backbone.Onnx(path, cut: "ReLU347_Output_0")));
    }

    internal static Backbone Dnn() => OnnxFileBackbone.Of(DnnResNet18Tests.Model("ResNet18Onnx", "ResNet18.onnx"), DnnImageModels.ResNet18Options);

    internal static TrainedProtoPNet Model(Backbone backbone, int? stages)
    {
        NetworkArchitecture architecture = new()
        {
            Backbone = backbone,
            Stages = stages,
            ImageSize = 64,
            PrototypeDepth = 8,
            LatentSpace = LatentSpace.Sphere,
            Classes = 3,
            PrototypeClasses = [0, 0, 1, 1, 2, 2],
        };
        var network = new ProtoPNetNetwork(architecture, new(1));
        backbone.Fill(network.Features);
        network.eval();
        return new(network, SmallModel.Classes, PrototypeCatalogue.Unplaced(architecture, SmallModel.Classes));
    }

    private static Tensor Images(TrainedProtoPNet model)
    {
        InputNormalisation n = model.Architecture.Backbone.Normalisation;
        return (OnnxRuns.Pixels(3, 2, 64) - tensor(n.Mean.ToArray()).view(1, 3, 1, 1)) / tensor(n.Deviation.ToArray()).view(1, 3, 1, 1);
    }

    private static void Same(TrainedProtoPNet model, TrainedProtoPNet other)
    {
        using DisposeScope scope = NewDisposeScope();
        float[] pixels = Images(model).Floats();
        Assert.Equal(model.Score(pixels, 2).Logits, other.Score(pixels, 2).Logits);
    }

    private static string Place(params string[] folder)
    {
        string path = Path.Combine([.. folder, "ResNet18Onnx", "ResNet18.onnx"]);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, []);
        return path;
    }
}
