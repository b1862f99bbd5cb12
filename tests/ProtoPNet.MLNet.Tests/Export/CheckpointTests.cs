using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Export.Checkpoints;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Tests.Network;
using ProtoPNet.MLNet.Tests.Weights;
using ProtoPNet.MLNet.Weights;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Export;

public sealed class CheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    private static NetworkArchitecture Small(Backbone backbone, int? stages) => new()
    {
        Backbone = backbone,
        Stages = stages,
        ImageSize = 64,
        PrototypeDepth = 16,
        Classes = 3,
        PrototypeClasses = [0, 0, 1, 1, 2, 2],
    };

    public static TheoryData<Backbone, int?, AddOnLayers> Networks => new()
    {
        { Backbone.Vgg11, 3, AddOnLayers.Regular },
        { Backbone.Vgg13Bn, 2, AddOnLayers.Bottleneck },
        { Backbone.Vgg16Bn, 4, AddOnLayers.Regular },
        { Backbone.ResNet18, null, AddOnLayers.Bottleneck },
        { Backbone.ResNet34, 3, AddOnLayers.Regular },
        { Backbone.ResNet50, 3, AddOnLayers.Regular },
        { Backbone.DenseNet121, null, AddOnLayers.Regular },
        { Backbone.DenseNet161, 1, AddOnLayers.Bottleneck },
    };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_exported_state_dict_keeps_the_object_mask_and_the_epsilon_and_a_foreign_one_is_as_published(bool ours)
    {
        ProtoPNetNetwork network = OnnxExportTests.Filled(Small(Backbone.ResNet18, 2) with { ObjectMask = true, Epsilon = 0.3 });
        if (ours)
        {
            using TrainedProtoPNet model = OnnxExportTests.Model(network);
            ReferenceCheckpoint.Write(model, _folder.In("state.safetensors"));
        }
        else Safetensors.Write(_folder.In("state.safetensors"), StateDict.Of(network).Select(t => (t.Name, t.Tensor.detach())));
        ImportedProtoPNet imported = ProtoPNetImport.FromCheckpoint(_folder.In("state.safetensors"), new() { ImageSize = 64 });
        using ProtoPNetTransformer transformer = imported.Transformer;
        Assert.Equal(ours, imported.Architecture.ObjectMask);
        Assert.Equal(ours ? 0.3 : 1e-4, imported.Architecture.Epsilon);
    }

    [Fact]
    public void An_epsilon_that_no_network_can_have_is_refused_by_name()
    {
        string path = _folder.In("state.safetensors");
        Safetensors.Write(
            path, StateDict.Of(OnnxExportTests.Filled(Small(Backbone.ResNet18, 2))).Select(t => (t.Name, t.Tensor.detach())),
            new Dictionary<string, string> { ["protopnet.epsilon"] = "1.5" });
        WeightsFormatException refused = Assert.Throws<WeightsFormatException>(() => ProtoPNetImport.FromCheckpoint(path, new() { ImageSize = 64 }));
        Assert.Contains("'protopnet.epsilon' say 1.5; it must be above 0 and below 1", refused.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Networks))]
    public void An_exported_state_dict_is_recognised_and_scores_the_same(Backbone backbone, int? stages, AddOnLayers addOn)
    {
        NetworkArchitecture architecture = Small(backbone, stages) with { AddOnLayers = addOn };
        using TrainedProtoPNet model = OnnxExportTests.Model(OnnxExportTests.Filled(architecture));
        ReferenceCheckpoint.Write(model, _folder.In("state.safetensors"));
        ImportedProtoPNet imported = ProtoPNetImport.FromCheckpoint(
            _folder.In("state.safetensors"), new() { ImageSize = 64, ClassNames = ["a", "b", "c"] });
        using ProtoPNetTransformer transformer = imported.Transformer;

        Assert.Equal(architecture with { PrototypeClasses = imported.Architecture.PrototypeClasses }, imported.Architecture);
        Assert.Equal(architecture.PrototypeClasses, imported.Architecture.PrototypeClasses);
        float[] pixels = GoldenGenerator.NormalisedImages(60000, 1, 64).Floats();
        Assert.Equal(model.Score(pixels, 1).Logits, transformer.Inside().Score(pixels, 1).Logits);
        Assert.Equal("b #2", transformer.Prototypes[3].Name);
    }

    [Fact]
    public void An_exported_state_dict_has_every_name_of_the_published_one_in_its_order()
    {
        using TrainedProtoPNet model = OnnxExportTests.Model(OnnxExportTests.Filled(Small(Backbone.ResNet18, null)));
        ReferenceCheckpoint.Write(model, _folder.In("state.safetensors"));
        using TensorFile file = TensorFiles.Open(_folder.In("state.safetensors"));
        Assert.Equal(["prototype_vectors", "ones", "features.conv1.weight", "features.bn1.weight"], file.Tensors.Take(4).Select(t => t.Name));
        Assert.Equal("last_layer.weight", file.Tensors[^1].Name);
        Assert.Equal(1, file.Load("ones").min().item<float>());
    }

    /// <summary><c>load_state_dict</c> compares names and shapes; here with those that PyTorch wrote.</summary>
    [Fact]
    public void An_exported_state_dict_has_the_names_and_shapes_that_PyTorch_gives_to_the_backbone_and_the_published_code_to_the_rest()
    {
        using TensorFile published = TensorFiles.Open(Shared.Path("weights", "resnet18-layer3.pth"));
        using TrainedProtoPNet model = OnnxExportTests.Model(OnnxExportTests.Filled(Small(Backbone.ResNet18, 3)));
        ReferenceCheckpoint.Write(model, _folder.In("state.safetensors"));
        using TensorFile file = TensorFiles.Open(_folder.In("state.safetensors"));
        string[] own = ["prototype_vectors [6×16×1×1]", "ones [6×16×1×1]", "add_on_layers.0.weight [16×256×1×1]", "add_on_layers.0.bias [16]",
            "add_on_layers.2.weight [16×16×1×1]", "add_on_layers.2.bias [16]", "last_layer.weight [3×6]"];
        string[] backbone = [.. published.Tensors
            .Where(t => !t.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal)).Select(t => $"features.{Text(t)}")];
        Assert.Equal(75, backbone.Length);
        Assert.Equal(own.Concat(backbone).Order(StringComparer.Ordinal), file.Tensors.Select(Text).Order(StringComparer.Ordinal));

        static string Text(TensorInfo tensor) => $"{tensor.Name} [{string.Join('×', tensor.Shape)}]";
    }

    [Fact]
    public void A_checkpoint_of_PyTorch_is_imported_from_under_its_wrapper()
    {
        ProtoPNetNetwork network = OnnxExportTests.Filled(Small(Backbone.Vgg11, 2));
        PickleWriter pickle = new PickleWriter().Op('}').Text("state_dict").StateDict(StateDict.Of(network)
            .Select<(string Name, Tensor Tensor), (string, long[], Action<Stream>?)>(
                t => ($"module.{t.Name}", t.Tensor.shape, stream => TensorBytes.Write(t.Tensor, stream)))
            .Append<(string, long[], Action<Stream>?)>(("module.ones", network.PrototypeVectors.shape, null))).Op('s');
        pickle.Save(_folder.In("wrapped.pth"));
        using ProtoPNetTransformer transformer = ProtoPNetImport.FromCheckpoint(_folder.In("wrapped.pth"), new() { ImageSize = 64 }).Transformer;
        float[] pixels = GoldenGenerator.NormalisedImages(60000, 1, 64).Floats();
        using TrainedProtoPNet model = OnnxExportTests.Model(network);
        Assert.Equal(model.Score(pixels, 1).Logits, transformer.Inside().Score(pixels, 1).Logits);
        Assert.Equal(["1", "2", "3"], transformer.ClassNames);
    }

    [Fact]
    public void After_pruning_the_last_layer_tells_the_classes_of_the_prototypes()
    {
        ProtoPNetNetwork network = OnnxExportTests.Filled(Small(Backbone.Vgg11, 1) with { PrototypeClasses = [0, 1, 1, 1, 2] });
        Safetensors.Write(_folder.In("pruned.safetensors"), StateDict.Of(network).Select(t => (t.Name, t.Tensor.detach())));
        using ProtoPNetTransformer transformer = ProtoPNetImport.FromCheckpoint(
            _folder.In("pruned.safetensors"), new() { ImageSize = 64 }).Transformer;
        Assert.Equal([0, 1, 1, 1, 2], transformer.Prototypes.Select(p => p.ClassIndex));
    }

    [Theory]
    [InlineData("protopnet_state_dict.pth")]
    [InlineData("whole_module.pth")]
    public void A_network_of_other_widths_is_refused_with_both_shapes(string file)
        => Assert.Contains(
            "8×3×3×3, expected 64×3×3×3",
            Assert.Throws<StateDictMismatchException>(
                () => ProtoPNetImport.FromCheckpoint(PyTorchFileTests.Checkpoint(file), new() { ImageSize = 224 })).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Weights_of_something_else_are_refused_and_wrong_names_counted()
    {
        Assert.Contains("prototype_vectors", Assert.Throws<WeightsFormatException>(
            () => ProtoPNetImport.FromCheckpoint(PyTorchFileTests.Checkpoint("state_dict.pth"))).Message, StringComparison.Ordinal);
        using TrainedProtoPNet model = OnnxExportTests.Model(OnnxExportTests.Filled(Small(Backbone.Vgg11, 1)));
        ReferenceCheckpoint.Write(model, _folder.In("state.safetensors"));
        Assert.Contains("3 classes, but 2 names", Assert.Throws<ArgumentException>(
            () => ProtoPNetImport.FromCheckpoint(_folder.In("state.safetensors"), new() { ImageSize = 64, ClassNames = ["a", "b"] })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Prototypes_are_found_again_in_the_photographs_that_they_come_from()
    {
        ImageDataset birds = ProceduralBirds.Write(_folder.In("birds"), new() { Species = 3, TrainPerSpecies = 4, TestPerSpecies = 1, Size = 64 });
        LabelledPhotograph[] photographs = [.. birds.Train.Select(r => new LabelledPhotograph(birds.PathOf(r), r.Label) { Id = r.ImagePath })];
        string[] names = [.. birds.Classes.Order(StringComparer.Ordinal)];
        ProtoPNetNetwork network = OnnxExportTests.Filled(Small(Backbone.Vgg11, 2));
        MoveOntoPatches(network, photographs, names);
        using (no_grad()) network.PrototypeVectors[5].add_(0.5);
        using TrainedProtoPNet model = OnnxExportTests.Model(network);
        ReferenceCheckpoint.Write(model, _folder.In("pushed.safetensors"));

        ImportedProtoPNet imported = ProtoPNetImport.FromCheckpoint(
            _folder.In("pushed.safetensors"), new() { ImageSize = 64, TrainingPhotographs = photographs, ClassNames = names });
        using (imported.Transformer)
        {
            Assert.Equal([5], imported.NotAPatch);
            Assert.Null(imported.Transformer.Prototypes[5].Source);
            Assert.Null(imported.Transformer.FamiliarityColumnName);
            Assert.All(imported.Transformer.Prototypes.Take(5), p =>
            {
                Assert.Equal(p.ClassName, photographs[p.Source!.Row].ClassName);
                Assert.Equal(photographs[p.Source.Row].Id, p.Source.ImageId);
                Assert.True(imported.SourceDistances[p.Index] < 1e-9);
                Assert.InRange(ImageCodec.Decode(p.Source.Picture).Width, 1, 64);

                float[] pixels = new float[3 * 64 * 64];
                NetworkInput.Render(
                    PhotographFile.Read(photographs[p.Source.Row].Path), 64, network.Architecture.Backbone.Normalisation, pixels);
                using Tensor features = network.Features.call(InputTensor.On(CPU, pixels, 1, 64));
                Arrays.AssertClose(features[0, TensorIndex.Colon, p.Source.CellRow, p.Source.CellColumn].detach().data<float>().ToArray(), p.Source.Features.ToArray(), 1e-5);
            });
        }

        var reversed = new ProtoPNetImportOptions { ImageSize = 64, TrainingPhotographs = photographs, ClassNames = [.. names.Reverse()] };
        var e = Assert.Throws<ArgumentException>(() => ProtoPNetImport.FromCheckpoint(_folder.In("pushed.safetensors"), reversed));
        Assert.Contains("order of training", e.Message, StringComparison.Ordinal);
    }

    /// <summary>Each prototype becomes a latent patch of a photograph of its class.</summary>
    private static void MoveOntoPatches(ProtoPNetNetwork network, LabelledPhotograph[] photographs, string[] names)
    {
        using IDisposable noGrad = no_grad();
        network.eval();
        for (int p = 0; p < network.Architecture.Prototypes; p++)
        {
            LabelledPhotograph photograph = photographs.Where(x => x.ClassName == names[network.Architecture.PrototypeClasses[p]]).ElementAt(p % 3);
            float[] pixels = new float[3 * 64 * 64];
            ViewRenderer.Render(PrototypeSearch.Decode(photograph.Path), View.Whole, 64, InputNormalisation.ImageNet, pixels);
            Tensor patches = Patches.Unfold(network.Latent(tensor(pixels, [1, 3, 64, 64])).Values, network.Architecture);
            network.PrototypeVectors[p].copy_(patches[0, 3 + p, 7]);
        }
    }
}
