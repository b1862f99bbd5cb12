using System.IO.Compression;
using Microsoft.ML;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.EndToEnd;

/// <summary>Continuing from an earlier model, with the same classes or others.</summary>
public sealed class FineTuningTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("model.zip")]
    [InlineData("model.safetensors")]
    public void Of_other_classes_backbone_and_add_on_layers_are_taken_over(string file)
    {
        using TrainedProtoPNet earlier = SmallModel.Trained();
        string path = Saved(earlier, file);
        using ProtoPNetNetwork network = New(earlier.Architecture with { Classes = 2, PrototypeClasses = [0, 1] });
        (float[] prototypes, float[] lastLayer) = (Values(network.PrototypeVectors), Values(network.LastLayer));
        Inheritance inherited = Load(network, path, ["Heron", "Stork"]);
        Assert.Equal(Values(earlier.Network.Features), Values(network.Features));
        Assert.Equal(Values(earlier.Network.AddOnLayers), Values(network.AddOnLayers));
        Assert.Equal(prototypes, Values(network.PrototypeVectors));
        Assert.Equal(lastLayer, Values(network.LastLayer));
        Assert.Equal($"From '{path}': the backbone and the add-on layers. It knows none of the classes; all prototypes start anew.", $"{inherited}");
    }

    [Theory]
    [InlineData("model.zip")]
    [InlineData("model.safetensors")]
    public void The_same_classes_in_any_order_go_on_from_their_prototypes_and_last_layer(string file)
    {
        using TrainedProtoPNet earlier = SmallModel.Trained();
        using (no_grad()) earlier.Network.LastLayer.copy_(arange(18, float32).reshape(3, 6));
        string path = Saved(earlier, file);
        using ProtoPNetNetwork network = New(earlier.Architecture);
        Inheritance inherited = Load(network, path, ["Wren", "Cardinal", "Robin"]);
        Assert.Equal([4, 5, 0, 1, 2, 3], Enumerable.Range(0, 6).Select(p => inherited.Prototypes[p]));
        for (int p = 0; p < 6; p++)
            Assert.Equal(Values(earlier.Network.PrototypeVectors[inherited.Prototypes[p]]), Values(network.PrototypeVectors[p]));
        Assert.Equal([16, 17, 12, 13, 14, 15, 4, 5, 0, 1, 2, 3, 10, 11, 6, 7, 8, 9], Values(network.LastLayer));
        Assert.Equal(
            $"From '{path}': the backbone, the add-on layers, 6 prototypes of 3 of 3 classes and the last layer.", $"{inherited}");
    }

    [Fact]
    public void A_class_more_keeps_the_prototypes_of_the_others()
    {
        using TrainedProtoPNet earlier = SmallModel.Trained();
        string path = Saved(earlier, "model.zip");
        using ProtoPNetNetwork network = New(
            earlier.Architecture with { Classes = 4, PrototypeClasses = NetworkArchitecture.EqualPrototypeClasses(4, 3) });
        float[] before = Values(network.PrototypeVectors), lastLayer = Values(network.LastLayer);
        Inheritance inherited = Load(network, path, ["Cardinal", "Heron", "Robin", "Wren"]);
        Assert.Equal([(0, 0), (1, 1), (6, 2), (7, 3), (9, 4), (10, 5)], inherited.Prototypes.Select(p => (p.Key, p.Value)).Order());
        float[] after = Values(network.PrototypeVectors), old = Values(earlier.Network.PrototypeVectors);
        for (int p = 0; p < 12; p++)
            Assert.Equal(inherited.Prototypes.TryGetValue(p, out int from) ? Of(old, from) : Of(before, p), Of(after, p));
        Assert.Equal(lastLayer, Values(network.LastLayer));
        Assert.Equal($"From '{path}': the backbone, the add-on layers and 6 prototypes of 3 of 4 classes.", $"{inherited}");

        static float[] Of(float[] vectors, int prototype) => vectors[(8 * prototype)..(8 * prototype + 8)];
    }

    [Fact]
    public void Add_on_layers_of_another_depth_stay_as_they_are()
    {
        using TrainedProtoPNet earlier = SmallModel.Trained();
        string path = Saved(earlier, "model.zip");
        using ProtoPNetNetwork network = New(earlier.Architecture with { PrototypeDepth = 4 });
        (float[] addOn, float[] prototypes) = (Values(network.AddOnLayers), Values(network.PrototypeVectors));
        Inheritance inherited = Load(network, path, SmallModel.Classes);
        Assert.Equal(Values(earlier.Network.Features), Values(network.Features));
        Assert.Equal(addOn, Values(network.AddOnLayers));
        Assert.Equal(prototypes, Values(network.PrototypeVectors));
        Assert.EndsWith("The add-on layers have another shape; they and all prototypes start anew.", $"{inherited}", StringComparison.Ordinal);
    }

    [Fact]
    public void Prototypes_of_another_latent_space_start_anew()
    {
        using TrainedProtoPNet earlier = SmallModel.Trained();
        string path = Saved(earlier, "model.zip");
        using ProtoPNetNetwork network = New(earlier.Architecture with { LatentSpace = LatentSpace.Sphere });
        float[] prototypes = Values(network.PrototypeVectors);
        Inheritance inherited = Load(network, path, SmallModel.Classes);
        Assert.Equal(Values(earlier.Network.AddOnLayers), Values(network.AddOnLayers));
        Assert.Equal(prototypes, Values(network.PrototypeVectors));
        Assert.EndsWith("Its prototypes have another shape or latent space; all start anew.", $"{inherited}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.zip")]
    [InlineData("model.safetensors")]
    public void A_model_of_another_backbone_is_refused_in_a_line_that_names_both(string file)
    {
        using TrainedProtoPNet earlier = SmallModel.Trained();
        string path = Saved(earlier, file);
        using ProtoPNetNetwork network = New(earlier.Architecture with { Backbone = Backbone.Vgg11 });
        float[] before = Values(network.Features);
        Assert.Equal(
            $"The earlier model '{path}' has the backbone ResNet18, which cannot start Vgg11. Choose the backbone of the earlier model.",
            Assert.Throws<StateDictMismatchException>(() => Load(network, path, SmallModel.Classes)).Message);
        Assert.Equal(before, Values(network.Features));
        using ProtoPNetNetwork longer = New(earlier.Architecture with { Stages = 2 });
        Assert.Contains("has the backbone ResNet18 with 1 stage, which cannot start ResNet18 with 2 stages",
            Assert.Throws<StateDictMismatchException>(() => Load(longer, path, SmallModel.Classes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_of_a_backbone_are_no_earlier_model()
        => Assert.Null(EarlierModel.Open(Weights.PyTorchFileTests.Checkpoint("state_dict.pth")));

    [Fact]
    public void Of_a_classifier_without_prototypes_the_backbone_is_taken_over()
    {
        using TrainedPooledClassifier earlier = SmallModel.Pooled();
        using TrainedProtoPNet small = SmallModel.Trained();
        string path = Saved(earlier);
        using ProtoPNetNetwork network = New(small.Architecture);
        (float[] addOn, float[] prototypes) = (Values(network.AddOnLayers), Values(network.PrototypeVectors));
        Inheritance inherited = Load(network, path, SmallModel.Classes);
        Assert.Equal(Values(earlier.Network.Features), Values(network.Features));
        Assert.Equal(addOn, Values(network.AddOnLayers));
        Assert.Equal(prototypes, Values(network.PrototypeVectors));
        Assert.Equal($"From '{path}': the backbone. It has no prototypes; the add-on layers and all prototypes start anew.", $"{inherited}");

        using ProtoPNetNetwork other = New(small.Architecture with { Backbone = Backbone.Vgg11 });
        Assert.Equal(
            $"The earlier model '{path}' has the backbone ResNet18, which cannot start Vgg11. Choose the backbone of the earlier model.",
            Assert.Throws<StateDictMismatchException>(() => Load(other, path, SmallModel.Classes)).Message);
    }

    [Theory]
    [InlineData("model.zip")]
    [InlineData("model.safetensors")]
    [InlineData("pooled.zip")]
    public void A_classifier_without_prototypes_starts_from_the_backbone_of_either_kind(string file)
    {
        using TrainedProtoPNet prototypes = SmallModel.Trained();
        using TrainedPooledClassifier pooled = SmallModel.Pooled();
        string path = file == "pooled.zip" ? Saved(pooled) : Saved(prototypes, file);
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(SmallModel.Photos(6));
        using PooledImageClassifierTransformer fitted = ml.MulticlassClassification.Trainers.PooledImageClassifier(new PooledImageClassifierTrainer.Options
        {
            Stages = 1,
            ImageSize = SmallModel.Size,
            Weights = PretrainedWeights.File(path),
            Schedule = new() { Views = 1, Ridge = 1e-2 },
            Seed = 1,
        }).Fit(ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data));
        string again = _folder.In("fitted.zip");
        ml.Model.Save(fitted, null, again);
        using ProtoPNetNetwork network = New(prototypes.Architecture);
        Load(network, again, SmallModel.Classes);
        Assert.Equal(Values(file == "pooled.zip" ? pooled.Network.Features : prototypes.Network.Features), Values(network.Features));
    }

    [Fact]
    public void A_damaged_classifier_without_prototypes_is_refused_in_a_line()
    {
        using TrainedPooledClassifier earlier = SmallModel.Pooled();
        string path = Saved(earlier);
        using (ZipArchive zip = ZipFile.Open(path, ZipArchiveMode.Update))
        {
            ZipArchiveEntry description = zip.Entries.Single(entry => entry.Name == "Pooled.json");
            string name = description.FullName;
            description.Delete();
            using Stream empty = zip.CreateEntry(name).Open();
            empty.Write("{}"u8);
        }
        Assert.StartsWith($"The weights '{path}' cannot be read: it is a damaged model: ", Assert.Throws<MLNet.Weights.WeightsFormatException>(() => EarlierModel.Open(path)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Known_classes_start_from_the_prototypes_that_they_had()
    {
        // Projection moves prototypes to the nearest patches: those that start on a patch stay, and all others are drawn by the seed.
        ProtoPNetTransformer first = Fitted(1, 0), same = Fitted(2, 0, first), anew = Fitted(2, 0), more = Fitted(2, 3, first);
        float[] before = Values(first.Inside().Network.PrototypeVectors);
        Assert.Equal(before, Values(same.Inside().Network.PrototypeVectors));
        Assert.NotEqual(before, Values(anew.Inside().Network.PrototypeVectors));
        Assert.Equal([.. SmallModel.Classes, "Heron"], more.ClassNames);
        float[] four = Values(more.Inside().Network.PrototypeVectors);
        Assert.Equal(before, four[..before.Length]);
        Assert.Equal(2, four[before.Length..].Chunk(8).DistinctBy(patch => patch[0]).Count());
        Assert.Equal(Values(first.Inside().Network.Features), Values(more.Inside().Network.Features));
    }

    [Fact]
    public void Projection_takes_no_patch_of_a_region_that_was_forbidden_in_the_earlier_model()
    {
        ProtoPNetTransformer first = Fitted(1, 0);
        Prototype taken = first.Prototypes.First(one => first.Prototypes.Count(other => other.ClassIndex == one.ClassIndex && Place(other) == Place(one)) == 1);
        int cell = SmallModel.Size / ReceptiveField.Of(first.Inside().Architecture).Rows.Cells;
        PrototypeSource source = taken.Source!;
        PixelBox region = new(cell * source.CellRow, cell * (source.CellRow + 1), cell * source.CellColumn, cell * (source.CellColumn + 1));
        using ProtoPNetTransformer edited = first.Edit(
            new("", default, [new ModelEdit.Forbid(source.ImageId, region)]), cancellation: TestContext.Current.CancellationToken).Transformer;
        Assert.Contains(Place(taken), Fitted(2, 0, first).Prototypes.Select(Place));
        Assert.DoesNotContain(Place(taken), Fitted(2, 0, edited).Prototypes.Select(Place));

        static (string, int, int) Place(Prototype prototype)
            => (prototype.Source!.ImageId, prototype.Source.CellRow, prototype.Source.CellColumn);
    }

    /// <summary>A model of the three classes, and so many photographs of a fourth, from an earlier one.</summary>
    private ProtoPNetTransformer Fitted(int seed, int more, ProtoPNetTransformer? earlier = null)
    {
        var ml = new MLContext(1);
        if (earlier is not null) ml.Model.Save(earlier, null, _folder.In("earlier.zip"));
        List<SmallModel.Photo> photos =
        [
            .. SmallModel.Photos(12),
            .. Enumerable.Range(20, more).Select(i
                => new SmallModel.Photo { Number = i, Name = $"photo {i}", Label = "Heron", Image = SmallModel.Image(SmallModel.Picture(i)) }),
        ];
        IDataView data = ml.Data.LoadFromEnumerable(photos);
        return ml.MulticlassClassification.Trainers.ProtoPNet(new ProtoPNetTrainer.Options
        {
            Stages = 1,
            ImageSize = SmallModel.Size,
            PrototypeDepth = 8,
            PrototypesPerClass = 2,
            ObjectMask = true,
            Seed = seed,
            Weights = earlier is null ? PretrainedWeights.None : PretrainedWeights.File(_folder.In("earlier.zip")),
            Schedule = new() { Phases = [new Projection()] },
            ImageIdColumnName = "Name",
        }).Fit(ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data));
    }

    private static ProtoPNetNetwork New(NetworkArchitecture architecture) => new(architecture, new(9));

    private static Inheritance Load(ProtoPNetNetwork network, string path, string[] classNames)
    {
        using EarlierModel earlier = EarlierModel.Open(path)!;
        return earlier.Load(network, classNames);
    }

    private string Saved(TrainedProtoPNet model, string file)
    {
        string path = _folder.In(file);
        ProtoPNetTransformer transformer = SmallModel.Transformer(model);
        if (file.EndsWith(".zip", StringComparison.Ordinal)) new MLContext(1).Model.Save(transformer, null, path);
        else transformer.ExportStateDict(path);
        return path;
    }

    private string Saved(TrainedPooledClassifier model)
    {
        string path = _folder.In("pooled.zip");
        new MLContext(1).Model.Save(SmallModel.Transformer(model), null, path);
        return path;
    }

    private static float[] Values(nn.Module module)
    {
        using DisposeScope scope = NewDisposeScope();
        return [.. StateDict.Of(module).SelectMany(t => Values(t.Tensor))];
    }

    private static float[] Values(Tensor tensor)
    {
        using DisposeScope scope = NewDisposeScope();
        return tensor.detach().to_type(ScalarType.Float32).flatten().data<float>().ToArray();
    }
}
