using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using Microsoft.ML.Transforms.Image;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Tests.Training;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.EndToEnd;

/// <summary>The trainer through ML.NET's interfaces.</summary>
public sealed class EstimatorShapeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_trainer_serves_where_any_trainer_is_asked_for()
    {
        // AutoML, for instance, recognises trainers and reads models by these two interfaces.
        ITrainerEstimator<ISingleFeaturePredictionTransformer<object>, object> trainer = _ml.MulticlassClassification.Trainers.ProtoPNet(Options());
        Assert.False(trainer.Info.NeedNormalization);
        Assert.False(trainer.Info.WantCaching);

        IDataView data = Data();
        var chain = new EstimatorChain<ITransformer>().Append(_ml.Transforms.CopyColumns("Kept", "ImagePath")).Append(trainer);
        TransformerChain<ISingleFeaturePredictionTransformer<object>> model = chain.Fit(data);
        string path = _folder.In("model.zip");
        _ml.Model.Save(model, data.Schema, path);
        var loaded = (TransformerChain<ITransformer>)_ml.Model.Load(path, out _);
        using var first = (IDisposable)model.LastTransformer;
        using var second = (IDisposable)loaded.LastTransformer;
        foreach (ISingleFeaturePredictionTransformer<object> one in new[]
            { model.LastTransformer, Assert.IsAssignableFrom<ISingleFeaturePredictionTransformer<object>>(loaded.LastTransformer) })
        {
            Assert.Equal("Image", one.FeatureColumnName);
            Assert.IsType<ImageDataViewType>(one.FeatureColumnType);
            var learned = (ProtoPNetModelParameters)one.Model;
            var network = (ProtoPNetTransformer)one;
            Assert.Equal(network.ClassNames, learned.ClassNames);
            Assert.Equal(network.Prototypes, learned.Prototypes);
            Assert.Equal(network.Weight(2, 1), learned.Weight(2, 1));
        }
    }

    [Fact]
    public void Learned_parameters_outlive_the_model()
    {
        ProtoPNetTransformer model = _ml.MulticlassClassification.Trainers.ProtoPNet(Options()).Fit(Data());
        IPredictionTransformer<ProtoPNetModelParameters> predictor = model;
        ProtoPNetModelParameters learned = predictor.Model;
        float weight = model.Weight(0, 0);
        model.Dispose();
        Assert.Equal(weight, learned.Weight(0, 0));
        Assert.Throws<ObjectDisposedException>(() => predictor.Model);
    }

    [Fact]
    public void Progress_goes_to_the_progress_channel_of_the_context()
    {
        ProtoPNetTrainer.Options options = Options();
        options.ValidationFraction = 0.2;
        List<string> during = [];
        options.Progress = _ =>
        {
            foreach (object told in Pull())
                if (Field(told, "Name") is "Training" && Kind(told) == "Progress") during.Add(Written(Field(told, "ProgressEntry")!));
        };
        using ProtoPNetTransformer model = _ml.MulticlassClassification.Trainers.ProtoPNet(options).Fit(Data());
        IReadOnlyList<EpochMetrics> epochs = model.TrainingReport!.Phases[0].Epochs;
        foreach ((int i, EpochMetrics m) in epochs.Index())
            Assert.Contains(FormattableString.Invariant(
                $"Loss {m.Loss:R}, Cross Entropy {m.CrossEntropy:R}, Accuracy {m.Accuracy:R}, Validation Loss {m.ValidationLoss:R}, ")
                + FormattableString.Invariant($"Validation Accuracy {m.ValidationAccuracy:R}; 0/3 phases, {i + 1}/2 epochs of joint"), during);
        Assert.Contains(during, line => line.EndsWith("1/3 phases, 0/0 epochs of projection", StringComparison.Ordinal));
        Assert.Contains(Pull(), told => Kind(told) == "Stop");

        static string Kind(object told) => Field(told, "Kind")!.ToString()!;
    }

    /// <summary>Like ML.NET's own console: asks the context's internal tracker for all progress.</summary>
    private System.Collections.IEnumerable PullAll()
    {
        object environment = Field(_ml, "_env")!;
        object tracker = Field(environment, "ProgressTracker")!;
        return (System.Collections.IEnumerable)tracker.GetType().GetMethod("GetAllProgress")!.Invoke(tracker, null)!;
    }

    private List<object> Pull() => [.. PullAll().Cast<object>()];

    private static string Written(object entry)
    {
        object header = Field(entry, "Header")!;
        string[] names = (string[])Field(header, "MetricNames")!, units = (string[])Field(header, "UnitNames")!;
        double?[] Numbers(string name) => (double?[])Field(entry, name)!;
        var (progress, limits) = (Numbers("Progress"), Numbers("ProgressLim"));
        return string.Join(", ", Numbers("Metrics").Zip(names, (m, name) => FormattableString.Invariant($"{name} {m:R}"))) + "; "
            + string.Join(", ", units.Select((unit, i) => FormattableString.Invariant($"{progress[i]:R}/{limits[i]:R} {unit}")));
    }

    private static object? Field(object of, string name)
    {
        const BindingFlags any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.FlattenHierarchy;
        for (Type? type = of.GetType(); type is not null; type = type.BaseType)
        {
            if (type.GetField(name, any) is { } field) return field.GetValue(of);
            if (type.GetProperty(name, any) is { } property) return property.GetValue(of);
        }
        throw new MissingMemberException(of.GetType().Name, name);
    }

    private IDataView Data()
    {
        ImageDataset birds = SmallBirds.Write(_folder.Path);
        IDataView rows = _ml.Data.LoadFromEnumerable(birds.Train);
        return _ml.Transforms.Conversion.MapValueToKey("Label").Append(_ml.Transforms.LoadImages("Image", birds.Folder, "ImagePath"))
            .Fit(rows).Transform(rows);
    }

    private static ProtoPNetTrainer.Options Options()
    {
        ProtoPNetTrainer.Options options = SmallBirds.Options();
        options.Stages = 1;
        options.Schedule = options.ScheduleFor(2) with
        {
            Phases = [new Joint(2) { BatchSize = 12 }, new Projection(), new LastLayerFit(1e-3)],
        };
        return options;
    }
}
