using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Tests.Persistence;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.EndToEnd;

/// <summary>Whole pipelines from files, as users write them, trained only briefly.</summary>
public sealed class PipelineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("protopnet-pipeline-").FullName;
    private readonly MLContext _ml = new(seed: 1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static ProtoPNetTrainer.Options Quick(int seed = 1) => new()
    {
        Stages = 1,
        ImageSize = 48,
        PrototypesPerClass = 2,
        PrototypeDepth = 8,
        Seed = seed,
        Schedule = TrainingSchedule.Default with
        {
            BatchNorm = BatchNormMode.Follow,
            Phases = [new Joint(2) { BatchSize = 8 }, new Projection(), new LastLayerFit(1e-3)],
        },
    };

    private ImageDataset Birds() => ProceduralBirds.Write(
        Path.Combine(_folder, "birds"), new BirdOptions { Species = 2, TrainPerSpecies = 6, TestPerSpecies = 2, Size = 48, Seed = 1 });

    private IEstimator<ITransformer> Pipeline(ImageDataset birds, ProtoPNetTrainer.Options options) => _ml.Transforms.Conversion
        .MapValueToKey("Label")
        .Append(_ml.Transforms.LoadPhotographs("Image", birds.Folder, "ImagePath"))
        .Append(_ml.Transforms.CropImages("Image", "BoundingBox"))
        .Append(_ml.MulticlassClassification.Trainers.ProtoPNet(options))
        .Append(_ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

    [Fact]
    public void Trained_saved_and_loaded_it_predicts_the_same()
    {
        ImageDataset birds = Birds();
        IDataView train = _ml.Data.LoadFromEnumerable(birds.Train), test = _ml.Data.LoadFromEnumerable(birds.Test);
        ITransformer model = Pipeline(birds, Quick()).Fit(train);
        string path = Path.Combine(_folder, "model.zip");
        _ml.Model.Save(model, train.Schema, path);
        ITransformer loaded = new MLContext().Model.Load(path, out _);

        Assert.Equal(model.Transform(test).GetColumn<float[]>("Score"), loaded.Transform(test).GetColumn<float[]>("Score"));
        Assert.Equal(model.Transform(test).GetColumn<float[]>("Similarities"), loaded.Transform(test).GetColumn<float[]>("Similarities"));
        string[] names = [.. loaded.Transform(test).GetColumn<string>("PredictedLabel")];
        Assert.All(names, n => Assert.Contains(n, birds.Classes));

        using PredictionEngine<ImageRecord, Prediction> engine = _ml.Model.CreatePredictionEngine<ImageRecord, Prediction>(loaded);
        Assert.Equal(names[0], engine.Predict(birds.Test[0]).PredictedLabel);
    }

    [Fact]
    public void The_photograph_of_a_prototype_is_wholly_familiar_to_it()
    {
        ImageDataset birds = Birds();
        IDataView train = _ml.Data.LoadFromEnumerable(birds.Train);
        ProtoPNetTrainer.Options options = Quick();
        options.PrototypesPerClass = 1;
        ITransformer model = Pipeline(birds, options).Fit(train);
        ProtoPNetTransformer network = ((IEnumerable<ITransformer>)model).OfType<ProtoPNetTransformer>().Single();

        float[] familiarity = [.. model.Transform(train).GetColumn<float>("Familiarity")];
        string[] predicted = [.. model.Transform(train).GetColumn<string>("PredictedLabel")];
        Prototype[] found = [.. network.Prototypes.Where(p => predicted[p.Source!.Row] == p.ClassName)];
        Assert.NotEmpty(found);
        Assert.All(found, p => Assert.Equal(1, familiarity[p.Source!.Row], 1e-4));
        Assert.Contains(familiarity, value => value < 0.999);
        Assert.All(familiarity, value => Assert.InRange(value, 0, 1.0001f)); // features after a ReLU are not negative
    }

    [Fact]
    public void The_same_seed_gives_the_same_model_file()
    {
        ImageDataset birds = Birds();
        Dictionary<string, byte[]> Entries(int seed, string name)
        {
            var ml = new MLContext(seed: 5);
            IDataView train = ml.Data.LoadFromEnumerable(birds.Train);
            string path = Path.Combine(_folder, name);
            _ml.Model.Save(Pipeline(birds, Quick(seed)).Fit(train), train.Schema, path);
            return SavedModelTests.Entries(path);
        }
        Dictionary<string, byte[]> first = Entries(1, "a.zip"), again = Entries(1, "b.zip"), other = Entries(2, "c.zip");
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
    }

    [Fact]
    public void Cross_validation_works()
    {
        ImageDataset birds = Birds();
        IDataView data = _ml.Data.LoadFromEnumerable(birds.Train);
        var pipeline = _ml.Transforms.LoadPhotographs("Image", birds.Folder, "ImagePath").Append(_ml.MulticlassClassification.Trainers.ProtoPNet(Quick()));
        IDataView keyed = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);
        var folds = _ml.MulticlassClassification.CrossValidate(keyed, pipeline, numberOfFolds: 2);
        Assert.Equal(2, folds.Count);
        string[][] tested = [.. folds.Select(fold => fold.ScoredHoldOutSet.GetColumn<string>("ImagePath").ToArray())];
        Assert.Equal(birds.Train.Select(r => r.ImagePath).Order(), tested.SelectMany(paths => paths).Order());
        Assert.All(folds, fold =>
        {
            uint[] labels = [.. fold.ScoredHoldOutSet.GetColumn<uint>("Label")];
            uint[] predicted = [.. fold.ScoredHoldOutSet.GetColumn<uint>("PredictedLabel")];
            Assert.Equal((double)labels.Zip(predicted).Count(pair => pair.First == pair.Second) / labels.Length, fold.Metrics.MicroAccuracy, 1e-9);
            // No fold is tested on its training images.
            Assert.Empty(Network(fold.Model).Prototypes.Select(p => p.Source!.ImageId).Intersect(tested[fold.Fold]));
        });
    }

    [Fact]
    public void Grey_and_transparent_photographs_are_learned_from_and_unusable_ones_are_reported()
    {
        ImageDataset birds = Birds();
        string At(string name) => Path.Combine(birds.Folder, name);
        File.WriteAllText(At("text.jpg"), "this is no photograph");
        File.WriteAllBytes(At("dot.png"), ImageCodec.EncodePng(new RgbImage(1, 1, [1, 2, 3])));
        File.WriteAllBytes(At("grey.png"), Skia(SkiaSharp.SKColorType.Gray8));
        File.WriteAllBytes(At("clear.png"), Skia(SkiaSharp.SKColorType.Rgba8888));
        ImageRecord Odd(string name) => new() { ImagePath = name, Label = birds.Classes[0] };
        IDataView train = _ml.Data.LoadFromEnumerable(
            [.. birds.Train, Odd("text.jpg"), Odd("dot.png"), Odd("grey.png"), Odd("clear.png"), Odd("absent.png")]);

        ProtoPNetTransformer network = Network(Pipeline(birds, Quick()).Fit(train));
        TrainingReport report = network.TrainingReport!;
        Assert.Equal(["text.jpg", "dot.png", "absent.png"], report.Skipped.Select(s => s.ImageId));
        Assert.All(report.Skipped, s => Assert.NotEmpty(s.Reason));
        Assert.Contains("1×1", report.Skipped[1].Reason);
        Assert.Equal(birds.Train.Count + 2, report.TrainingImages);

        ProtoPNetTrainer.Options strict = Quick();
        strict.OnUnreadableImage = UnreadableImage.Stop;
        var e = Assert.Throws<InvalidOperationException>(() => Pipeline(birds, strict).Fit(train));
        Assert.Contains("text.jpg", e.Message);
        Assert.Contains($"Row {birds.Train.Count}", e.Message);
    }

    [Fact]
    public void An_empty_class_is_named()
    {
        ImageDataset birds = Birds();
        IDataView all = _ml.Data.LoadFromEnumerable(birds.Train);
        ITransformer keys = _ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(_ml.Transforms.LoadPhotographs("Image", birds.Folder, "ImagePath")).Fit(all);
        IDataView one = keys.Transform(_ml.Data.LoadFromEnumerable(birds.Train.Where(r => r.Label == birds.Classes[0]).ToList()));
        var e = Assert.Throws<InvalidOperationException>(() => _ml.MulticlassClassification.Trainers.ProtoPNet(Quick()).Fit(one));
        Assert.Contains($"'{birds.Classes[1]}'", e.Message);
    }

    [Fact]
    public void Wrong_columns_fail_before_anything_is_trained()
    {
        ImageDataset birds = Birds();
        IDataView train = _ml.Data.LoadFromEnumerable(birds.Train);
        var noKey = _ml.Transforms.LoadPhotographs("Image", birds.Folder, "ImagePath").Append(_ml.MulticlassClassification.Trainers.ProtoPNet(Quick()));
        Exception e = Assert.ThrowsAny<Exception>(() => noKey.Fit(train));
        Assert.Contains("'Label'", e.Message);
        Assert.Contains("MapValueToKey", e.Message);
        var noImage = _ml.Transforms.Conversion.MapValueToKey("Label").Append(_ml.MulticlassClassification.Trainers.ProtoPNet(Quick()));
        Assert.Contains("'Image'", Assert.ThrowsAny<Exception>(() => noImage.Fit(train)).Message);
    }

    [Fact]
    public void Weights_of_another_network_are_refused_by_name()
    {
        ImageDataset birds = Birds();
        string path = Path.Combine(_folder, "wrong.safetensors");
        using (var network = new ProtoPNetNetwork(Quick().Architecture(2) with { Backbone = Backbone.Vgg11, Stages = 1 }, new(1)))
            MLNet.Weights.Safetensors.Write(path, StateDict.Of(network.Features));
        ProtoPNetTrainer.Options options = Quick();
        options.Weights = PretrainedWeights.File(path);
        var e = Assert.Throws<StateDictMismatchException>(() => Pipeline(birds, options).Fit(_ml.Data.LoadFromEnumerable(birds.Train)));
        Assert.Contains("wrong.safetensors", e.Message);
        Assert.Contains("missing: conv1.weight", e.Message);
    }

    [Fact]
    public void Cancelling_ends_training()
    {
        ImageDataset birds = Birds();
        using var cancellation = new CancellationTokenSource();
        ProtoPNetTrainer.Options options = Quick();
        options.CancellationToken = cancellation.Token;
        options.Progress = _ => cancellation.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Pipeline(birds, options).Fit(_ml.Data.LoadFromEnumerable(birds.Train)));
    }

    private static ProtoPNetTransformer Network(ITransformer model) => ((IEnumerable<ITransformer>)model).OfType<ProtoPNetTransformer>().Single();

    private static byte[] Skia(SkiaSharp.SKColorType type)
    {
        using var bitmap = new SkiaSharp.SKBitmap(
            40, 40, type, type == SkiaSharp.SKColorType.Gray8 ? SkiaSharp.SKAlphaType.Opaque : SkiaSharp.SKAlphaType.Unpremul);
        bitmap.Erase(new SkiaSharp.SKColor(90, 90, 90, 60));
        using SkiaSharp.SKData data = bitmap.Encode(SkiaSharp.SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    private sealed class Prediction
    {
        public string PredictedLabel { get; set; } = "";
    }
}
