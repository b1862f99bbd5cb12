using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Training;

public sealed class CalibratedLastLayerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Held_out_photographs_divide_the_last_layer_by_a_temperature_and_change_nothing_else()
    {
        ImageDataset birds = ProceduralBirds.Write(
            _folder.In("birds"), new BirdOptions { Species = 2, TrainPerSpecies = 6, TestPerSpecies = 6, Size = 48, Seed = 1 });
        IDataView train = Prepared(birds, birds.Train), test = Prepared(birds, birds.Test);
        ProtoPNetTrainer.Options options = new()
        {
            Stages = 1,
            ImageSize = 48,
            PrototypesPerClass = 2,
            PrototypeDepth = 8,
            Seed = 1,
            Schedule = TrainingSchedule.Default with { Phases = [new WarmUp(1) { BatchSize = 8 }, new Projection(), new LastLayerFit(1e-3)] },
        };
        using ProtoPNetTransformer plain = _ml.MulticlassClassification.Trainers.ProtoPNet(options).Fit(train);
        options.ValidationSet = test;
        using ProtoPNetTransformer calibrated = _ml.MulticlassClassification.Trainers.ProtoPNet(options).Fit(train);

        double temperature = calibrated.Temperature;
        Assert.Equal(1, plain.Temperature);
        Assert.NotEqual(1, temperature, 1e-3);
        Assert.Equal(temperature, calibrated.TrainingReport!.Phases[^1].Temperature);
        Assert.Null(plain.TrainingReport!.Phases[^1].Temperature);
        for (int k = 0; k < 2; k++)
            for (int j = 0; j < 4; j++) Assert.Equal(plain.Weight(k, j), temperature * calibrated.Weight(k, j), 1e-4);
        Assert.Equal(plain.Transform(train).GetColumn<uint>("PredictedLabel"), calibrated.Transform(train).GetColumn<uint>("PredictedLabel"));

        string path = _folder.In("model.zip");
        _ml.Model.Save(calibrated, train.Schema, path);
        using var loaded = (ProtoPNetTransformer)new MLContext().Model.Load(path, out _);
        Assert.Equal(temperature, loaded.Temperature);
    }

    [Fact]
    public void Only_the_last_fit_is_divided()
    {
        TrainingSchedule schedule = TrainingSchedule.Default with
        {
            Phases = [new Projection(), new LastLayerFit(), new AnchoredTuning(1), new Projection(), new LastLayerFit(), new PrototypePruning()],
        };
        Assert.Equal(4, schedule.LastFit);
    }

    private IDataView Prepared(ImageDataset birds, IReadOnlyList<ImageRecord> records)
    {
        IDataView rows = _ml.Data.LoadFromEnumerable(records);
        return _ml.Transforms.Conversion.MapValueToKey("Label").Append(_ml.Transforms.LoadPhotographs("Image", birds.Folder, "ImagePath"))
            .Fit(rows).Transform(rows);
    }
}
