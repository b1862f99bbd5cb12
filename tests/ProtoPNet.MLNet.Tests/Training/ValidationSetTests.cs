using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Training;
using ProtoPNet.MLNet.Training.Checkpoints;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>The user's own photographs for choices.</summary>
public sealed class ValidationSetTests : IDisposable
{
    /// <summary>Chooses by validation among equal values of λ, so that the choice does not depend on the held-out images.</summary>
    private static readonly L1Choice NoChoice = new L1Choice.ByValidation(1e-3, 1e-3, 2);

    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Nothing_but_the_temperature_is_fitted_to_the_users_validation_set()
    {
        IDataView train = Data(Birds.Train);
        float[] without = Scores(train, Options(null, null));
        // A single photograph is too little for a temperature.
        Assert.Equal(without, Scores(train, Options(Data([.. Birds.Train.Take(1)]), NoChoice)));
        using ProtoPNetTransformer plain = Fit(train, Options(null, null)), calibrated = Fit(train, Options(Data(Birds.Test), NoChoice));
        Assert.Equal(1, plain.Temperature);
        Assert.NotEqual(1, calibrated.Temperature);
        Assert.Equal(plain.Transform(train).GetColumn<float[]>("Similarities"), calibrated.Transform(train).GetColumn<float[]>("Similarities"));
        for (int k = 0; k < plain.ClassNames.Count; k++)
            for (int j = 0; j < plain.Prototypes.Count; j++)
                Assert.Equal(plain.Weight(k, j), calibrated.Weight(k, j) * calibrated.Temperature, 1e-5 * Math.Max(1, Math.Abs(plain.Weight(k, j))));

        // Images held out of the training data are fitted to once λ is chosen.
        ProtoPNetTrainer.Options fraction = Options(null, NoChoice), held = Options(null, null);
        (fraction.ValidationFraction, held.ValidationFraction) = (0.25, 0.25);
        Assert.NotEqual(Scores(train, held), Scores(train, fraction));
    }

    [Fact]
    public void Its_figures_are_reported_for_each_epoch_and_each_phase()
    {
        using ProtoPNetTransformer model = Fit(Data(Birds.Train), Options(Data(Birds.Test), NoChoice));
        TrainingReport report = model.TrainingReport!;
        Assert.Equal((Birds.Train.Count, Birds.Test.Count), (report.TrainingImages, report.ValidationImages));
        Assert.All(report.Phases[0].Epochs, e
            => Assert.True(e is { ValidationAccuracy: not null, ValidationLoss: > 0, ValidationCrossEntropy: > 0 }));
        double measured = _ml.MulticlassClassification.Evaluate(model.Transform(Data(Birds.Test))).MicroAccuracy;
        Assert.Equal(measured, report.Phases[^1].ValidationAccuracy!.Value, 1e-9);
    }

    [Fact]
    public void Losses_of_held_out_images_are_measured_as_those_of_training_images_are()
    {
        // The validation set equals the training set and nothing is trained, so both losses are equal.
        ProtoPNetTrainer.Options options = Options(Data(Birds.Train), null);
        options.ExampleWeightColumnName = "Weight";
        options.Schedule = options.ScheduleFor(2) with
        {
            Phases = [new WarmUp(2) { AddOnRate = 0, PrototypeRate = 0, WeightDecay = 0, BatchSize = 5 }, new Projection()],
            BatchNorm = BatchNormMode.Frozen,
            Loss = new(LabelSmoothing: 0.1, Temperature: 3),
        };
        using ProtoPNetTransformer model = Fit(Data(Birds.Train), options);
        Assert.All(model.TrainingReport!.Phases[0].Epochs, e =>
        {
            Assert.Equal(e.Loss, e.ValidationLoss!.Value, 1e-4 * Math.Abs(e.Loss));
            Assert.Equal(e.CrossEntropy, e.ValidationCrossEntropy!.Value, 1e-4 * e.CrossEntropy);
            Assert.Equal(e.Accuracy, e.ValidationAccuracy!.Value, 1e-6);
        });
    }

    [Fact]
    public void Labels_are_matched_by_value()
    {
        Assert.Equal(Figures(Data(Birds.Test)), Figures(Data([.. Birds.Test.Reverse()], ownKeys: true)));

        string[] Figures(IDataView validation)
        {
            using ProtoPNetTransformer model = Fit(Data(Birds.Train), Options(validation, null));
            return [.. model.TrainingReport!.Phases.SelectMany(p => p.Epochs).Select(e => $"{e.ValidationAccuracy:F6} {e.ValidationLoss:F4}")];
        }
    }

    [Fact]
    public void Classes_that_training_does_not_know_are_named()
    {
        ImageRecord dodo = Birds.Test[0] with { Label = "Dodo" };
        InvalidOperationException unknown = Assert.Throws<InvalidOperationException>(
            () => Fit(Data(Birds.Train), Options(Data([dodo, .. Birds.Test], ownKeys: true), null)));
        Assert.StartsWith("The validation set has a class that the training data does not have: 'Dodo'.", unknown.Message);

        // With the training data's keys, an unknown label is a missing one.
        using ProtoPNetTransformer model = Fit(Data(Birds.Train), Options(Data([dodo, .. Birds.Test]), null));
        SkippedImage skipped = Assert.Single(model.TrainingReport!.Skipped);
        Assert.Equal((0, dodo.ImagePath, true), (skipped.Row, skipped.ImageId, skipped.OfValidationSet));
        Assert.Contains("of a class that the training data does not have", skipped.Reason);
    }

    [Fact]
    public void A_class_without_rows_does_no_harm()
    {
        IDataView wider = _ml.Data.TakeRows(Data([.. Birds.Test, Birds.Test[0] with { Label = "Dodo" }], ownKeys: true), Birds.Test.Count);
        using ProtoPNetTransformer model = Fit(Data(Birds.Train), Options(wider, null));
        Assert.Equal(Birds.Test.Count, model.TrainingReport!.ValidationImages);
    }

    [Fact]
    public void An_unreadable_photograph_of_it_is_reported_like_any_other()
    {
        ImageRecord broken = Birds.Test[1] with { ImagePath = "broken.jpg" };
        File.WriteAllText(Path.Combine(Birds.Folder, broken.ImagePath), "no photograph");
        List<string> warnings = [];
        _ml.Log += (_, log) =>
        {
            if (log.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning) warnings.Add(log.RawMessage);
        };
        IDataView validation = Data([Birds.Test[0], broken], raw: true);
        using ProtoPNetTransformer model = Fit(Data(Birds.Train), Options(validation, null));
        SkippedImage skipped = Assert.Single(model.TrainingReport!.Skipped);
        Assert.Equal((1, "broken.jpg", true), (skipped.Row, skipped.ImageId, skipped.OfValidationSet));
        Assert.Contains(warnings, w => w.StartsWith("Left out row 1 of the validation set (broken.jpg)", StringComparison.Ordinal));

        ProtoPNetTrainer.Options stop = Options(validation, null);
        stop.OnUnreadableImage = UnreadableImage.Stop;
        Assert.StartsWith("Row 1 of the validation set (broken.jpg) cannot be used",
            Assert.Throws<InvalidOperationException>(() => Fit(Data(Birds.Train), stop)).Message);
        Assert.StartsWith("None of the 1 rows of the validation set can be used",
            Assert.Throws<InvalidOperationException>(() => Fit(Data(Birds.Train), Options(Data([broken], raw: true), null))).Message);
    }

    [Fact]
    public void It_is_checked_before_anything_is_trained()
    {
        ProtoPNetTrainer.Options both = Options(Data(Birds.Test), null);
        both.ValidationFraction = 0.1;
        Assert.Contains("Choose one of them", Refused(both));
        Assert.Contains("Could not find image column 'Image' (Parameter 'ValidationSet')",
            Refused(Options(_ml.Transforms.DropColumns("Image").Fit(Data(Birds.Test)).Transform(Data(Birds.Test)), null)));

        ProtoPNetTrainer.Options early = Options(Data(Birds.Test), null);
        early.Schedule = early.ScheduleFor(2) with { Phases = [new Joint(1) { Patience = 1 }, new Projection()] };
        Trainer(early);

        string Refused(ProtoPNetTrainer.Options options) => Assert.ThrowsAny<ArgumentException>(() => Trainer(options)).Message;
    }

    [Fact]
    public void A_checkpoint_belongs_to_its_validation_set_and_weights()
    {
        using TrainingImages pictures = SmallRun.Pictures(heldOut: 0);
        TrainingImage[] images = [.. Enumerable.Range(0, pictures.Count).Select(i => pictures[i])];
        RunImages plain = new(pictures), own = Changed(i => i with { OfValidationSet = true }), heavy = Changed(i => i with { Weight = 2.5 });
        CheckpointDifference set = Assert.Single(own.Differences(plain.Bytes)), weight = Assert.Single(heavy.Differences(plain.Bytes));
        Assert.Equal(("image 5", set.InCheckpoint + ", for validation"), (set.Name, set.Now));
        Assert.Equal(("image 5", weight.InCheckpoint + ", weight 2.5"), (weight.Name, weight.Now));
        Assert.Empty(plain.Differences(Changed(i => i).Bytes));

        RunImages Changed(Func<TrainingImage, TrainingImage> change) => new(new(
            [.. images.Select((image, i) => i == 4 ? change(image) : image)], pictures.Pixels, pictures.ClassNames, new HashSet<int>()));
    }

    [Fact]
    public void A_repeatedly_cancelled_run_with_a_validation_set_and_weights_ends_with_the_same_model()
    {
        using TrainingImages pictures = SmallRun.Pictures(heldOut: 0);
        TrainingImages images = new(
            [.. Enumerable.Range(0, pictures.Count).Select(i => pictures[i] with { OfValidationSet = i >= 9, Weight = 1 + i % 4 })],
            pictures.Pixels, pictures.ClassNames, new HashSet<int>());
        TrainingSchedule schedule = TrainingSchedule.Default with
        {
            Phases =
            [
                new WarmUp(2) { BatchSize = 4 }, new Joint(4) { BatchSize = 4, Patience = 1 }, new Projection(),
                new LastLayerFit(1e-3) { Views = 2, Choice = new L1Choice.ByValidation(1e-2, 1e-3, 3) },
            ],
        };
        SmallRun.Outcome straight = SmallRun.Train(images, schedule, null)!;
        SmallRun.Outcome? resumed = null;
        int runs = 0;
        for (int cancelAt = 10; resumed is null; cancelAt += 5, runs++) resumed = SmallRun.Train(images, schedule, _folder.Path, cancelAt);
        Assert.InRange(runs, 2, 1000);
        Assert.Equal(straight.Epochs, resumed.Epochs);
        Assert.Equal(straight, resumed with { Epochs = straight.Epochs });
    }

    private ImageDataset Birds => field ??= SmallBirds.Write(_folder.Path);

    private sealed class Row
    {
        public string ImagePath { get; set; } = "";

        public string Label { get; set; } = "";

        public float Weight { get; set; }
    }

    private IDataView Data(IReadOnlyList<ImageRecord> records, bool ownKeys = false, bool raw = false)
    {
        IDataView rows = Rows(records);
        IEstimator<ITransformer> load = raw
            ? _ml.Transforms.LoadRawImageBytes("Image", Birds.Folder, "ImagePath")
            : _ml.Transforms.LoadImages("Image", Birds.Folder, "ImagePath");
        return _ml.Transforms.Conversion.MapValueToKey("Label").Append(load).Fit(ownKeys ? rows : Rows(Birds.Train)).Transform(rows);
    }

    private IDataView Rows(IReadOnlyList<ImageRecord> records) => _ml.Data.LoadFromEnumerable(
        records.Select((r, i) => new Row { ImagePath = r.ImagePath, Label = r.Label, Weight = 1 + i % 3 }).ToList());

    private static ProtoPNetTrainer.Options Options(IDataView? validation, L1Choice? choice)
    {
        ProtoPNetTrainer.Options options = SmallBirds.Options();
        options.ValidationSet = validation;
        options.Stages = 1;
        options.Schedule = options.ScheduleFor(2) with
        {
            Phases = [new Joint(2) { BatchSize = 12 }, new Projection(), new LastLayerFit(1e-3) { Views = 2, Choice = choice }],
        };
        return options;
    }

    private ProtoPNetTrainer Trainer(ProtoPNetTrainer.Options options) => _ml.MulticlassClassification.Trainers.ProtoPNet(options);

    private ProtoPNetTransformer Fit(IDataView train, ProtoPNetTrainer.Options options) => Trainer(options).Fit(train);

    private float[] Scores(IDataView train, ProtoPNetTrainer.Options options)
    {
        using ProtoPNetTransformer model = Fit(train, options);
        return [.. model.Transform(train).GetColumn<float[]>("Score").SelectMany(s => s)];
    }
}
