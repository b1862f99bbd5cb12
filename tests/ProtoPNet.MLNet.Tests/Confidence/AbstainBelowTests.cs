using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;
using static ProtoPNet.MLNet.Tests.SmallModel;

namespace ProtoPNet.MLNet.Tests.Confidence;

public sealed class AbstainBelowTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void What_is_not_familiar_is_unknown()
    {
        using ProtoPNetTransformer model = Transformer();
        IDataView scored = model.Transform(_ml.Data.LoadFromEnumerable(Photos(9)));
        float[] familiarity = [.. scored.GetColumn<float[]>("Similarities").Select(s => s.OrderDescending().Take(2).Average())];
        uint[] keys = [.. scored.GetColumn<uint>("PredictedLabel")];
        float threshold = familiarity.Order().ElementAt(4);

        IDataView answered = _ml.Transforms.AbstainBelow(threshold, nearest: 2, "Similarities").Fit(scored).Transform(scored);
        Assert.Equal(familiarity, answered.GetColumn<float>("Familiarity"));
        string[] expected = [.. familiarity.Zip(keys).Select(row => row.First >= threshold ? Classes[row.Second - 1] : AbstainingTransformer.Unknown)];
        Assert.Equal(expected, answered.GetColumn<string>("Answer"));
        Assert.Equal(4, expected.Count(answer => answer == AbstainingTransformer.Unknown));

        // After MapKeyToValue the predicted class is text; the answer is the same.
        IDataView named = _ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(scored).Transform(scored);
        Assert.Equal(expected, _ml.Transforms.AbstainBelow(threshold, nearest: 2, "Similarities").Fit(named).Transform(named).GetColumn<string>("Answer"));
    }

    [Fact]
    public void Whoever_asks_for_neither_column_reads_the_others()
    {
        using ProtoPNetTransformer model = Transformer(Knowing(Trained()));
        IDataView labelled = _ml.Transforms.Conversion.MapValueToKey("Label", keyData: _ml.Data.LoadFromEnumerable(Classes.Select(Label => new { Label })))
            .Fit(_ml.Data.LoadFromEnumerable(Photos(6))).Transform(_ml.Data.LoadFromEnumerable(Photos(6)));
        IDataView scored = model.Transform(labelled), answered = _ml.Transforms.AbstainBelow(0.5f).Fit(scored).Transform(scored);
        Assert.Equal(scored.GetColumn<float[]>("Score"), answered.GetColumn<float[]>("Score"));
        Assert.Equal(
            _ml.MulticlassClassification.Evaluate(scored).MicroAccuracy, _ml.MulticlassClassification.Evaluate(answered).MicroAccuracy);
    }

    [Fact]
    public void Of_a_number_there_are_no_highest()
    {
        using ProtoPNetTransformer model = Transformer(Knowing(Trained()));
        IDataView scored = model.Transform(_ml.Data.LoadFromEnumerable(Photos(1)));
        Assert.Contains("leave nearest out", Assert.Throws<ArgumentOutOfRangeException>(
            () => _ml.Transforms.AbstainBelow(0.5f, nearest: 3).Fit(scored).Transform(scored)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void By_the_score_it_is_the_probability_of_the_predicted_class()
    {
        using ProtoPNetTransformer model = Transformer();
        IDataView scored = model.Transform(_ml.Data.LoadFromEnumerable(Photos(3)));
        IDataView answered = _ml.Transforms.AbstainBelow(0, 1, "Score").Fit(scored).Transform(scored);
        Assert.Equal(scored.GetColumn<float[]>("Score").Select(p => p.Max()), answered.GetColumn<float>("Familiarity"));
    }

    [Fact]
    public void Saved_and_loaded_it_answers_the_same()
    {
        using var folder = new TemporaryFolder();
        using ProtoPNetTransformer model = Transformer();
        IDataView photos = _ml.Data.LoadFromEnumerable(Photos(4)), scored = model.Transform(photos);
        AbstainingTransformer abstaining = _ml.Transforms.AbstainBelow(1.25f, nearest: 3, "Similarities").Fit(scored);
        string path = folder.In("model.zip");
        _ml.Model.Save(abstaining, scored.Schema, path);
        var loaded = (AbstainingTransformer)new MLContext().Model.Load(path, out _);
        Assert.Equal((1.25f, 3), (loaded.Threshold, loaded.Nearest));
        Assert.Equal(abstaining.Transform(scored).GetColumn<string>("Answer"), loaded.Transform(scored).GetColumn<string>("Answer"));
    }

    [Fact]
    public void Wrong_columns_and_thresholds_are_refused()
    {
        using ProtoPNetTransformer model = Transformer();
        IDataView photos = _ml.Data.LoadFromEnumerable(Photos(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.AbstainBelow(0).Fit(photos));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.AbstainBelow(0, sourceColumnName: "PredictedLabel").Fit(model.Transform(photos)));
        Assert.Throws<ArgumentException>(() => _ml.Transforms.AbstainBelow(float.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.AbstainBelow(0, nearest: 0));
    }
}
