using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Training;
using ProtoPNet.MLNet.Training.Pooled;
using Xunit;

namespace ProtoPNet.MLNet.Tests.EndToEnd;

/// <summary>The classifier without prototypes, from files to explanations.</summary>
public sealed class PooledClassifierTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Trained_it_knows_its_photographs_and_saved_and_loaded_it_scores_the_same(bool fineTuned)
    {
        ImageDataset birds = Birds();
        IDataView train = _ml.Data.LoadFromEnumerable(birds.Train);
        FineTuning? tuning = fineTuned ? new() { Epochs = 1, Views = 1, BatchSize = 6 } : null;
        ITransformer model = Pipeline(birds, options => options.Schedule = new() { Views = 2, Ridge = 1e-3, FineTuning = tuning }).Fit(train);
        IDataView scored = model.Transform(train);
        Assert.True(_ml.MulticlassClassification.Evaluate(scored).MicroAccuracy > 0.9);
        PooledImageClassifierTransformer classifier = Classifier(model);
        Assert.True(classifier.TrainingReport!.LastLayer.RelativeGap <= 1e-4);
        Assert.Equal((12, 0, 1e-3), (classifier.TrainingReport.TrainingImages, classifier.TrainingReport.ValidationImages, classifier.TrainingReport.Ridge));

        string path = _folder.In("model.zip");
        _ml.Model.Save(model, train.Schema, path);
        ITransformer loaded = new MLContext().Model.Load(path, out _);
        Assert.Equal(scored.GetColumn<float[]>("Score"), loaded.Transform(train).GetColumn<float[]>("Score"));
        Assert.Null(scored.Schema.GetColumnOrNull("Similarities"));
        Assert.Equal(birds.Classes, Classifier(loaded).ClassNames);
    }

    [Fact]
    public void Held_out_photographs_choose_the_ridge_and_the_temperature_and_the_same_seed_gives_the_same_model()
    {
        ImageDataset birds = Birds(trainPerSpecies: 18);
        IDataView train = _ml.Data.LoadFromEnumerable(birds.Train);
        void Options(PooledImageClassifierTrainer.Options options)
            => (options.ValidationFraction, options.Schedule) = (0.34, new() { Views = 1, Ridges = [1e-1, 1e-3] });
        ITransformer first = Pipeline(birds, Options).Fit(train), again = Pipeline(birds, Options).Fit(train);
        PooledImageClassifierTransformer classifier = Classifier(first);
        Assert.Contains(classifier.TrainingReport!.Ridge, new[] { 1e-1, 1e-3 });
        Assert.Equal((24, 12), (classifier.TrainingReport.TrainingImages, classifier.TrainingReport.ValidationImages));
        Assert.NotNull(classifier.TrainingReport.ValidationAccuracy);
        Assert.NotEqual(1, classifier.Temperature);
        Assert.Equal(first.Transform(train).GetColumn<float[]>("Score"), again.Transform(train).GetColumn<float[]>("Score"));
    }

    [Fact]
    public void Fine_tuned_in_sixteen_bits_it_learns_nearly_what_it_learns_in_thirty_two()
    {
        ImageDataset birds = Birds();
        IDataView train = _ml.Data.LoadFromEnumerable(birds.Train);
        float[][] full = Scores(TrainingPrecision.Full), half = Scores(TrainingPrecision.BFloat16);
        Assert.NotEqual(full, half);
        Assert.All(full.Zip(half), pair => Assert.Equal(pair.First[0], pair.Second[0], 0.1f));

        float[][] Scores(TrainingPrecision precision)
        {
            FineTuning tuning = new() { Epochs = 1, Views = 1, BatchSize = 6, Precision = precision };
            ITransformer model = Pipeline(birds, options => options.Schedule = new() { Views = 1, FineTuning = tuning }).Fit(train);
            return [.. model.Transform(train).GetColumn<float[]>("Score")];
        }
    }

    [Fact]
    public void The_mean_of_an_activation_map_is_the_logit_and_onnx_says_the_same()
    {
        ImageDataset birds = Birds();
        ITransformer model = Pipeline(birds, options => options.Schedule = new() { Views = 1 }).Fit(_ml.Data.LoadFromEnumerable(birds.Train));
        PooledImageClassifierTransformer classifier = Classifier(model);
        string photograph = birds.PathOf(birds.Test[0]), path = _folder.In("pooled.onnx");
        ClassActivations explained = classifier.Explain(File.ReadAllBytes(photograph));
        for (int k = 0; k < 2; k++)
        {
            ClassActivation map = explained.For(k);
            Assert.Equal(map.Class.Logit, map.Points.Cast<float>().Average(), 1e-3f);
        }
        Assert.Equal(1, explained.Ranking.Sum(score => score.Probability), 1e-5f);
        Assert.Throws<ArgumentOutOfRangeException>(() => explained.For(2));

        classifier.ExportOnnx(path);
        using var session = new InferenceSession(path);
        using var loan = classifier.Borrow();
        float[] pixels = InputFormat.Of(loan.Model).Render(PhotographFile.Read(photograph, null));
        using var results = session.Run([NamedOnnxValue.CreateFromTensor("image", new DenseTensor<float>(pixels, [1, 3, 48, 48]))]);
        float[] logits = results.Single(r => r.Name == "logits").AsEnumerable<float>().ToArray();
        for (int k = 0; k < 2; k++) Assert.Equal(explained.For(k).Class.Logit, logits[k], 1e-3f);
    }

    [Fact]
    public void A_class_without_photographs_is_refused_by_name()
    {
        ImageDataset birds = Birds(species: 3);
        IEstimator<ITransformer> prepare = _ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(_ml.Transforms.LoadPhotographs("Image", birds.Folder, "ImagePath"));
        string missing = birds.Classes[^1];
        IDataView rows = prepare.Fit(_ml.Data.LoadFromEnumerable(birds.Train))
            .Transform(_ml.Data.LoadFromEnumerable(birds.Train.Where(record => record.Label != missing)));
        Exception wrong = Assert.ThrowsAny<InvalidOperationException>(() => Trainer(_ => { }).Fit(rows));
        Assert.Contains(missing, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_options_are_refused_before_anything_is_read()
    {
        foreach (Action<PooledImageClassifierTrainer.Options> wrong in new Action<PooledImageClassifierTrainer.Options>[]
        {
            options => options.ValidationFraction = 0.6, options => options.ImageSize = 8, options => options.Stages = 9,
            options => options.Schedule = new() { Views = 0 }, options => options.Schedule = new() { Ridges = [] },
            options => options.Schedule = new() { FineTuning = new() { BackboneRate = -1 } }, options => options.ScoreColumnName = "PredictedLabel",
        })
            Assert.ThrowsAny<ArgumentException>(() => Trainer(wrong));
    }

    private ImageDataset Birds(int species = 2, int trainPerSpecies = 6) => ProceduralBirds.Write(
        _folder.In("birds"), new BirdOptions { Species = species, TrainPerSpecies = trainPerSpecies, TestPerSpecies = 2, Size = 48, Seed = 1 });

    private PooledImageClassifierTrainer Trainer(Action<PooledImageClassifierTrainer.Options> choose)
    {
        var options = new PooledImageClassifierTrainer.Options { Stages = 1, ImageSize = 48, Seed = 1 };
        choose(options);
        return _ml.MulticlassClassification.Trainers.PooledImageClassifier(options);
    }

    private IEstimator<ITransformer> Pipeline(ImageDataset birds, Action<PooledImageClassifierTrainer.Options> choose) => _ml.Transforms.Conversion
        .MapValueToKey("Label")
        .Append(_ml.Transforms.LoadPhotographs("Image", birds.Folder, "ImagePath"))
        .Append(Trainer(choose))
        .Append(_ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

    private static PooledImageClassifierTransformer Classifier(ITransformer model)
        => ((IEnumerable<ITransformer>)model).SelectMany(part => part is IEnumerable<ITransformer> chain ? chain : [part])
            .OfType<PooledImageClassifierTransformer>().Single();
}
