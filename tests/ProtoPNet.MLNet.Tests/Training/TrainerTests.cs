using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Training;
using ProtoPNet.MLNet.Training.Checkpoints;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>The estimator on small generated photographs, from files to metrics.</summary>
public sealed class TrainerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("protopnet-").FullName;

    [Theory]
    [InlineData(LatentSpace.Cube)]
    [InlineData(LatentSpace.Sphere)]
    public void Fit_learns_projects_and_solves(LatentSpace space)
    {
        ImageDataset birds = SmallBirds.Write(_folder);
        var ml = new MLContext(seed: 1);
        var progress = new List<TrainingProgress>();
        ProtoPNetTrainer.Options options = SmallBirds.Options();
        options.LatentSpace = space;
        options.Progress = progress.Add;
        IDataView train = ml.Data.LoadFromEnumerable(birds.Train);
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.Transforms.LoadImages("Image", birds.Folder, "ImagePath"))
            .Append(ml.MulticlassClassification.Trainers.ProtoPNet(options))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        TransformerChain<Microsoft.ML.Transforms.KeyToValueMappingTransformer> model = pipeline.Fit(train);
        ProtoPNetTransformer network = model.OfType<ProtoPNetTransformer>().Single();

        Assert.Equal(SmallBirds.Species * options.PrototypesPerClass, network.Prototypes.Count);
        Assert.All(network.Prototypes, p => Assert.Equal(birds.Train[(int)p.Source!.Row].Label, p.ClassName));
        Assert.All(network.Prototypes, p => Assert.Equal(birds.Train[(int)p.Source!.Row].ImagePath, p.Source.ImageId));
        TrainingReport report = network.TrainingReport!;
        Assert.Equal(birds.Train.Count, report.TrainingImages);
        Assert.True(report.Phases[^1].LastLayer!.RelativeGap <= 1e-6);
        Assert.True(progress.Last(p => p.Metrics is not null).Metrics!.Accuracy > 0.6);
        MulticlassClassificationMetrics metrics = ml.MulticlassClassification.Evaluate(model.Transform(train));
        Assert.True(metrics.MicroAccuracy > 0.8, $"{metrics.MicroAccuracy}");
    }

    [Fact]
    public void A_temporary_folder_that_is_not_writable_stops_training_without_blaming_photographs()
    {
        ImageDataset birds = SmallBirds.Write(_folder);
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "not a folder");
        var ml = new MLContext(seed: 1) { TempFilePath = file };
        IDataView train = ml.Data.LoadFromEnumerable(birds.Train);
        ProtoPNetTrainer.Options options = SmallBirds.Options();
        options.CacheLimitMB = 0;
        var read = ml.Transforms.Conversion.MapValueToKey("Label").Append(ml.Transforms.LoadImages("Image", birds.Folder, "ImagePath"));
        IOException e = Assert.ThrowsAny<IOException>(
            () => ml.MulticlassClassification.Trainers.ProtoPNet(options).Fit(read.Fit(train).Transform(train)));
        Assert.Contains($"'{file}'", e.Message);
        Assert.Contains("CacheLimitMB", e.Message);
    }

    [Fact]
    public void A_backbone_of_random_weights_is_trained_whole()
    {
        ImageDataset birds = SmallBirds.Write(_folder);
        var ml = new MLContext(seed: 1);
        IDataView train = ml.Data.LoadFromEnumerable(birds.Train);
        var prepare = ml.Transforms.Conversion.MapValueToKey("Label").Append(ml.Transforms.LoadImages("Image", birds.Folder, "ImagePath"));
        IDataView prepared = prepare.Fit(train).Transform(train);
        Assert.Equal(Scores(frozen: 0), Scores(frozen: 1));

        float[] Scores(int frozen)
        {
            ProtoPNetTrainer.Options options = SmallBirds.Options();
            options.Stages = 2;
            options.Schedule = options.ScheduleFor(2) with { Phases = [new Joint(2) { BatchSize = 12, FrozenStages = frozen }, new Projection()] };
            using ProtoPNetTransformer model = ml.MulticlassClassification.Trainers.ProtoPNet(options).Fit(prepared);
            return [.. model.Transform(prepared).GetColumn<float[]>("Score").SelectMany(s => s)];
        }
    }

    [Fact]
    public void Cancelled_training_resumes_with_its_original_seed()
    {
        ImageDataset birds = SmallBirds.Write(_folder);
        ProtoPNetTrainer.Options options = SmallBirds.Options();
        options.Stages = 1;
        options.Seed = null;
        options.CheckpointFolder = Path.Combine(_folder, "checkpoint");
        options.Schedule = options.ScheduleFor(2) with { Phases = [new Joint(3) { BatchSize = 12 }, new Projection(), new LastLayerFit(1e-3)] };
        using var cancel = new CancellationTokenSource();
        options.CancellationToken = cancel.Token;
        options.Progress = progress =>
        {
            if (progress is { Metrics: not null, Epoch: 2 }) cancel.Cancel();
        };
        Assert.ThrowsAny<OperationCanceledException>(() => Fit(new MLContext()));
        Assert.StartsWith("phase 1 of 3, joint, epoch 3, ", TrainingCheckpoint.In(options.CheckpointFolder)!.Place);

        var epochs = new List<int>();
        options.CancellationToken = TestContext.Current.CancellationToken;
        options.Progress = progress =>
        {
            if (progress.Metrics is not null) epochs.Add(progress.Epoch);
        };
        using ProtoPNetTransformer resumed = Fit(new MLContext());
        Assert.Equal([3], epochs);
        Assert.Equal(3, resumed.TrainingReport!.Phases[0].Epochs.Count);

        using (Checkpoint kept = Checkpoint.Find(options.CheckpointFolder)!) options.Seed = (int)kept.Description.Seed;
        options.CheckpointFolder = null;
        using ProtoPNetTransformer straight = Fit(new MLContext());
        Assert.Equal(straight.Inside().LastLayerWeights.Cast<float>(), resumed.Inside().LastLayerWeights.Cast<float>());
        Assert.Equal(
            straight.Prototypes.Select(p => (p.Source!.ImageId, p.Source.CellRow, p.Source.CellColumn)),
            resumed.Prototypes.Select(p => (p.Source!.ImageId, p.Source.CellRow, p.Source.CellColumn)));

        ProtoPNetTransformer Fit(MLContext ml)
        {
            IDataView train = ml.Data.LoadFromEnumerable(birds.Train);
            var read = ml.Transforms.Conversion.MapValueToKey("Label").Append(ml.Transforms.LoadImages("Image", birds.Folder, "ImagePath"));
            return ml.MulticlassClassification.Trainers.ProtoPNet(options).Fit(read.Fit(train).Transform(train));
        }
    }

    [Fact]
    public void Work_before_the_first_step_is_reported_and_logged()
    {
        ImageDataset birds = SmallBirds.Write(_folder);
        var ml = new MLContext(seed: 1);
        List<string> log = [];
        ml.Log += (_, entry) => log.Add($"{entry.Kind}: {entry.RawMessage}");
        List<TrainingProgress> told = [];
        ProtoPNetTrainer.Options options = SmallBirds.Options();
        options.Progress = told.Add;
        options.Schedule = options.ScheduleFor(2) with { Phases = [new WarmUp(2), new Projection()], BatchNorm = BatchNormMode.Frozen };
        IDataView train = ml.Data.LoadFromEnumerable(birds.Train);
        using ProtoPNetTransformer model = ml.MulticlassClassification.Trainers.ProtoPNet(options).Fit(Read(ml, birds).Fit(train).Transform(train));
        Assert.Equal(
            [(0, "reading photographs"), (0, "placing prototypes"), (1, "computing features to keep")],
            told.Where(p => p.Preparing is not null).Select(p => (p.Phase, p.Preparing!)).Distinct());
        Assert.All(told, p => Assert.InRange(p.PreparedFraction, 0, 1));
        Assert.Contains("Info: ResNet18 to stage 2, weights: none, device: cpu, seed: 1.", log);
        Assert.Contains(log, entry => entry.StartsWith("Warning: The backbone starts from random weights", StringComparison.Ordinal));
    }

    [Fact]
    public void Data_unsuitable_for_training_is_refused_with_the_reason()
    {
        ImageDataset birds = SmallBirds.Write(_folder);
        var ml = new MLContext(seed: 1);
        ProtoPNetTrainer.Options options = SmallBirds.Options();
        Assert.Contains("no rows", Refused([]));
        Assert.Contains("has one class, '", Refused([.. birds.Train.Where(bird => bird.Label == birds.Train[0].Label)]));
        options.CheckpointFolder = Path.Combine(_folder, "checkpoint");
        using (MLNet.Files.HeldFolder.Take(options.CheckpointFolder))
            Assert.Contains($"process {Environment.ProcessId}", Refused(birds.Train));

        string Refused(IReadOnlyList<ImageRecord> rows)
        {
            IDataView train = ml.Data.LoadFromEnumerable(rows);
            return Assert.ThrowsAny<Exception>(() => ml.MulticlassClassification.Trainers.ProtoPNet(options)
                .Fit(Read(ml, birds).Fit(train).Transform(train))).Message;
        }
    }

    private static EstimatorChain<Microsoft.ML.Data.ImageLoadingTransformer> Read(MLContext ml, ImageDataset birds)
        => ml.Transforms.Conversion.MapValueToKey("Label").Append(ml.Transforms.LoadImages("Image", birds.Folder, "ImagePath"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}

/// <summary>A data set and options that train in seconds.</summary>
internal static class SmallBirds
{
    public const int Species = 3;

    public static ImageDataset Write(string folder)
        => ProceduralBirds.Write(folder, new BirdOptions { Species = Species, TrainPerSpecies = 12, TestPerSpecies = 4, Size = 64, Seed = 1 });

    public static ProtoPNetTrainer.Options Options() => new()
    {
        Backbone = Backbone.ResNet18,
        Stages = 2,
        ImageSize = 64,
        PrototypesPerClass = 2,
        PrototypeDepth = 16,
        Seed = 1,
        Schedule = TrainingSchedule.Default with
        {
            BatchNorm = BatchNormMode.Follow,
            Augmentation = MLNet.Images.Augmentation.None,
            Phases =
            [
                new Joint(25) { BatchSize = 12, BackboneRate = 1e-3 },
                new Projection(),
                new LastLayerFit(1e-3),
            ],
        },
    };
}
