using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Training;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>Weights of images and classes, from the columns to the model.</summary>
public sealed class ImageWeightTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Weights_of_two_give_the_losses_of_images_given_twice()
    {
        float[] similarTo = [0.5f, 2, 1, 1.5f, 0.25f, 3, 2, 0.75f, 1];
        LossTensors weighted = Loss([0, 1, 2], [0.75f, 0.75f, 1.5f]), repeated = Loss([0, 1, 2, 2], null);
        foreach ((Tensor a, Tensor b) in ((Tensor, Tensor)[])[
            (weighted.CrossEntropy, repeated.CrossEntropy), (weighted.Cluster, repeated.Cluster), (weighted.Separation, repeated.Separation),
            (weighted.AverageSeparation, repeated.AverageSeparation), (weighted.L1, repeated.L1), (weighted.Total, repeated.Total)])
            Assert.Equal(b.item<float>(), a.item<float>(), 1e-6);
        Assert.NotEqual(weighted.CrossEntropy.item<float>(), Loss([0, 1, 2], null).CrossEntropy.item<float>(), 1e-2);
        // A heavy image has more influence even in a batch of one.
        Assert.Equal(2 * Loss([2], [0.75f, 0.75f, 1]).Cluster.item<float>(), Loss([2], [0.75f, 0.75f, 2]).Cluster.item<float>(), 1e-6);

        LossTensors Loss(int[] images, float[]? weights)
        {
            var loss = new ProtoPNetLoss(new(LabelSmoothing: 0.1, Temperature: 2), [0, 1, 2], classes: 3, patchValues: 4, CPU)
            {
                ImageWeights = weights,
            };
            Tensor distances = tensor(similarTo).reshape(3, 3).index_select(0, tensor(images.Select(i => (long)i).ToArray()));
            return loss.Of(new(4 - distances * 2, distances), tensor(images.Select(i => (long)i).ToArray()), ones(3, 3), images);
        }
    }

    [Fact]
    public void Relative_weights_have_mean_one_over_what_is_learned_from_and_over_what_is_held_out()
    {
        TrainingImage[] images = [.. Enumerable.Range(0, 6).Select(i => new TrainingImage(i, $"{i}", i % 2) { Weight = i + 1 })];
        float[] relative = new TrainingImages(images, null!, ["a", "b"], new HashSet<int> { 0, 5 }).RelativeWeights()!;
        Assert.Equal([2 / 7f, 4 / 7f, 6 / 7f, 8 / 7f, 10 / 7f, 12 / 7f], relative);
        Assert.Null(new TrainingImages([.. images.Select(i => i with { Weight = 3 })], null!, ["a", "b"], new HashSet<int>()).RelativeWeights());
    }

    [Fact]
    public void Equal_weights_give_the_same_model_as_none_bit_for_bit()
    {
        float[] none = Scores(Data(_ => 1), weightColumn: null);
        Assert.Equal(none, Scores(Data(_ => 0.3f), "Weight"));
        Assert.NotEqual(none, Scores(Data(row => row.Label == Birds.Classes[0] ? 5 : 1), "Weight"));
    }

    [Fact]
    public void A_weight_of_two_gives_the_last_layer_of_an_image_given_twice()
    {
        // Prototypes do not depend on weights here, so the similarities are the same.
        ImageRecord[] heavy = [.. Birds.Train.Where((_, i) => i % 5 == 0)];
        double weighted = Objective(Data(row => heavy.Contains(row) ? 2 : 1), "Weight");
        double repeated = Objective(Data(_ => 1, [.. Birds.Train, .. heavy]), null);
        double plain = Objective(Data(_ => 1), null);
        Assert.Equal(1, weighted / repeated, 3e-6);
        Assert.True(Math.Abs(weighted / plain - 1) > 1e-4, $"{weighted} with weights, {plain} without");

        double Objective(IDataView data, string? weightColumn)
        {
            ProtoPNetTrainer.Options options = SmallBirds.Options();
            options.ExampleWeightColumnName = weightColumn;
            options.Stages = 1;
            options.Schedule = options.ScheduleFor(2) with
            {
                PrototypeStart = PrototypeStart.Random,
                BatchNorm = BatchNormMode.Frozen,
                Phases = [new Projection(), new LastLayerFit(1e-3)],
            };
            using ProtoPNetTransformer model = _ml.MulticlassClassification.Trainers.ProtoPNet(options).Fit(data);
            return model.TrainingReport!.Phases[^1].LastLayer!.Objective;
        }
    }

    [Fact]
    public void A_weight_of_a_class_is_that_of_all_its_images()
    {
        float[] byImage = Scores(Data(row => row.Label == Birds.Classes[0] ? 5 : 1), "Weight");
        IDataView plain = Data(_ => 1);
        Assert.Equal(byImage, Scores(plain, null, ClassWeights.Of(new Dictionary<string, double> { [Birds.Classes[0]] = 5 })));
        Assert.Equal(Scores(plain, null), Scores(plain, null, ClassWeights.Balanced)); // The classes have equal sizes.
    }

    [Theory]
    [InlineData(0f, "0")]
    [InlineData(-1.5f, "-1.5")]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.PositiveInfinity, "Infinity")]
    public void An_impossible_weight_is_refused_with_its_row_and_its_column(float weight, string written)
    {
        string third = Birds.Train[2].ImagePath;
        InvalidOperationException refused = Assert.Throws<InvalidOperationException>(
            () => Scores(Data(row => row.ImagePath == third ? weight : 1), "Weight"));
        Assert.StartsWith($"Row 2 ({third}) has the weight {written} in column 'Weight'", refused.Message);
    }

    [Fact]
    public void A_weight_column_must_exist_and_hold_numbers()
    {
        Assert.Contains("'Wieght'", Assert.Throws<ArgumentOutOfRangeException>(() => Scores(Data(_ => 1), "Wieght")).Message);
        Assert.Contains("expected Single", Assert.Throws<ArgumentOutOfRangeException>(() => Scores(Data(_ => 1), "ImagePath")).Message);
    }

    [Fact]
    public void Class_weights_name_what_is_wrong_with_them()
    {
        foreach ((double weight, string written) in ((double, string)[])[(0, "0"), (-0.5, "-0.5"), (double.NaN, "NaN")])
            Assert.StartsWith($"The weight of class 'Wren' is {written};",
                Assert.Throws<ArgumentException>(() => ClassWeights.Of(new Dictionary<string, double> { ["Wren"] = weight })).Message);
        InvalidOperationException unknown = Assert.Throws<InvalidOperationException>(
            () => Scores(Data(_ => 1), null, ClassWeights.Of(new Dictionary<string, double> { ["Dodo"] = 2 })));
        Assert.Contains($"does not have: 'Dodo'. It has '{Birds.Classes[0]}'", unknown.Message);
    }

    [Fact]
    public void Class_weights_are_values_that_a_checkpoint_can_tell_apart()
    {
        ClassWeights a = ClassWeights.Of(new Dictionary<string, double> { ["x"] = 2, ["w"] = 0.5 });
        ClassWeights same = ClassWeights.Of(new Dictionary<string, double> { ["w"] = 0.5, ["x"] = 2 });
        Assert.Equal(a, same);
        Assert.Equal("w: 0.5, x: 2", a.ToString());
        string[] kinds = [.. ((ClassWeights[])[a, ClassWeights.Equal, ClassWeights.Balanced]).Select(weights
            => new ProtoPNetTrainer.Options { ClassWeights = weights }.Fingerprint(1, ["w", "x"])["ClassWeights"])];
        Assert.Equal(["w: 0.5, x: 2", "equal", "balanced"], kinds);
    }

    private ImageDataset Birds => field ??= SmallBirds.Write(_folder.Path);

    private sealed class Row
    {
        public string ImagePath { get; set; } = "";

        public string Label { get; set; } = "";

        public float Weight { get; set; }
    }

    private IDataView Data(Func<ImageRecord, float> weight, IReadOnlyList<ImageRecord>? records = null)
    {
        IDataView rows = _ml.Data.LoadFromEnumerable(
            (records ?? Birds.Train).Select(r => new Row { ImagePath = r.ImagePath, Label = r.Label, Weight = weight(r) }).ToList());
        return _ml.Transforms.Conversion.MapValueToKey("Label").Append(_ml.Transforms.LoadImages("Image", Birds.Folder, "ImagePath"))
            .Fit(rows).Transform(rows);
    }

    private float[] Scores(IDataView data, string? weightColumn, ClassWeights? classWeights = null)
    {
        ProtoPNetTrainer.Options options = SmallBirds.Options();
        options.ExampleWeightColumnName = weightColumn;
        options.ClassWeights = classWeights ?? ClassWeights.Equal;
        options.Stages = 1;
        options.Schedule = options.ScheduleFor(2) with
        {
            Phases = [new Joint(1) { BatchSize = 12 }, new Projection(), new LastLayerFit(1e-3) { Views = 2 }],
        };
        using ProtoPNetTransformer model = _ml.MulticlassClassification.Trainers.ProtoPNet(options).Fit(data);
        return [.. model.Transform(data).GetColumn<float[]>("Score").SelectMany(s => s)];
    }
}
