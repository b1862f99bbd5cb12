using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Images;
using Xunit;
using static ProtoPNet.MLNet.Tests.SmallModel;

namespace ProtoPNet.MLNet.Tests.Scoring;

public sealed class TransformerTests
{
    private readonly MLContext _ml = new(seed: 1);

    private IDataView Data(int count) => _ml.Data.LoadFromEnumerable(Photos(count));

    private List<Scored> Read(IDataView view) => [.. _ml.Data.CreateEnumerable<Scored>(view, reuseRowObject: false)];

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(7)]
    [InlineData(64)]
    public void Rows_keep_their_order_and_scores_whatever_the_batch(int batchSize)
    {
        using ProtoPNetTransformer one = Transformer(batchSize: 1), many = Transformer(batchSize: batchSize);
        List<Scored> expected = Read(one.Transform(Data(10))), found = Read(many.Transform(Data(10)));
        Assert.Equal(Enumerable.Range(0, 10), found.Select(r => r.Number));
        foreach ((Scored e, Scored f) in expected.Zip(found))
        {
            Assert.Equal(e.Name, f.Name);
            Assert.Equal(1, f.Score.Sum(), 1e-5f);
            Assert.Equal(e.PredictedLabel, f.PredictedLabel);
            for (int k = 0; k < 3; k++) Assert.Equal(e.Score[k], f.Score[k], 1e-5f);
            for (int j = 0; j < 6; j++) Assert.Equal(e.Similarities[j], f.Similarities[j], 1e-4f);
            Assert.Equal((uint)Array.IndexOf(f.Score, f.Score.Max()) + 1, f.PredictedLabel);
        }
        Assert.True(found.Select(f => f.Similarities[0]).Distinct().Count() == 10);
    }

    [Fact]
    public void Passing_the_image_through_gives_the_same_scores()
    {
        using ProtoPNetTransformer transformer = Transformer();
        IDataView scored = transformer.Transform(Data(5));
        float[][] plain = [.. scored.GetColumn<float[]>("Score")];
        using DataViewRowCursor cursor = scored.GetRowCursor(scored.Schema); // all columns, including the image
        var image = cursor.GetGetter<MLImage>(scored.Schema["Image"]);
        var score = cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"]);
        for (int i = 0; cursor.MoveNext(); i++)
        {
            MLImage seen = null!;
            VBuffer<float> values = default;
            image(ref seen);
            score(ref values);
            Assert.Equal(40, seen.Width);
            for (int k = 0; k < 3; k++) Assert.Equal(plain[i][k], values.GetValues()[k], 1e-5f);
        }
    }

    [Fact]
    public void Shuffled_rows_keep_their_own_scores()
    {
        using ProtoPNetTransformer transformer = Transformer();
        Dictionary<int, Scored> inOrder = Read(transformer.Transform(Data(9))).ToDictionary(r => r.Number);
        IDataView cached = _ml.Data.LoadFromEnumerable(Photos(9).Select(p => new Encoded { Number = p.Number, Image = Png(p.Number) }).ToList());
        IDataView shuffled = _ml.Data.ShuffleRows(cached, seed: 3);
        foreach (var row in _ml.Data.CreateEnumerable<EncodedScored>(transformer.Transform(shuffled), false))
            Assert.Equal(inOrder[row.Number].Score[0], row.Score[0], 1e-4f);
    }

    [Fact]
    public void Encoded_bytes_give_the_scores_of_the_picture()
    {
        using ProtoPNetTransformer transformer = Transformer();
        List<Scored> expected = Read(transformer.Transform(Data(3)));
        IDataView encoded = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 3).Select(i => new Encoded { Number = i, Image = Png(i) }).ToList());
        EncodedScored[] found = [.. _ml.Data.CreateEnumerable<EncodedScored>(transformer.Transform(encoded), false)];
        for (int i = 0; i < 3; i++) Assert.Equal(expected[i].Score, found[i].Score);
    }

    [Fact]
    public void An_unreadable_image_fails_at_its_own_row_and_says_which()
    {
        using ProtoPNetTransformer transformer = Transformer(batchSize: 8);
        IDataView data = _ml.Data.LoadFromEnumerable(
            Enumerable.Range(0, 10).Select(i => new Encoded { Number = i, Image = i == 5 ? [1, 2, 3] : Png(i) }).ToList());
        int read = 0;
        var e = Assert.Throws<UnreadableImageException>(() =>
        {
            foreach (EncodedScored row in _ml.Data.CreateEnumerable<EncodedScored>(transformer.Transform(data), false)) read++;
        });
        Assert.Equal(5, read);
        Assert.Contains("Row 5, column 'Image'", e.Message);
    }

    [Fact]
    public void A_row_without_an_image_says_so()
    {
        using ProtoPNetTransformer transformer = Transformer();
        var e = Assert.Throws<UnreadableImageException>(() => Read(transformer.Transform(_ml.Data.LoadFromEnumerable(new List<Photo> { new() }))));
        Assert.Contains("Row 0", e.Message);
        Assert.Contains("The image is missing", e.Message);
    }

    [Fact]
    public void Columns_are_annotated_as_mlnets_own_scorers_do()
    {
        using ProtoPNetTransformer transformer = Transformer();
        DataViewSchema schema = transformer.GetOutputSchema(Data(1).Schema);
        Assert.Equal(Classes, Texts(schema["Score"], "SlotNames"));
        Assert.Equal(Classes, Texts(schema["Score"], "TrainingLabelValues"));
        Assert.Equal(Classes, Texts(schema["PredictedLabel"], "KeyValues"));
        Assert.Equal("Cardinal #2", Texts(schema["Similarities"], "SlotNames")[1]);
        Assert.Equal(3ul, ((KeyDataViewType)schema["PredictedLabel"].Type).Count);
        ReadOnlyMemory<char> kind = default;
        schema["Score"].Annotations.GetValue("ScoreColumnKind", ref kind);
        Assert.Equal("MulticlassClassification", kind.ToString());
        uint first = SetId(schema), second = SetId(transformer.GetOutputSchema(schema));
        Assert.Equal((1u, 2u), (first, second));

        static uint SetId(DataViewSchema s)
        {
            uint id = 0;
            s["Score"].Annotations.GetValue("ScoreColumnSetId", ref id);
            return id;
        }
    }

    [Fact]
    public void Keys_of_numbers_come_back_as_numbers()
    {
        IDataView data = _ml.Transforms.Conversion.MapValueToKey("Number").Fit(Data(3)).Transform(Data(3));
        ClassLabels labels = ClassLabels.Of(data.Schema["Number"]);
        Assert.Equal(["0", "1", "2"], labels.Names);
        using ProtoPNetTransformer transformer = Transformer(labels: labels);
        IDataView mapped = _ml.Transforms.Conversion.MapKeyToValue("PredictedLabel")
            .Fit(transformer.Transform(data)).Transform(transformer.Transform(data));
        Assert.Equal(NumberDataViewType.Int32, mapped.Schema["PredictedLabel"].Type);
        Assert.All(mapped.GetColumn<int>("PredictedLabel"), n => Assert.InRange(n, 0, 2));
    }

    [Fact]
    public void Evaluate_and_prediction_engines_work()
    {
        using ProtoPNetTransformer transformer = Transformer();
        IDataView data = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(Data(9)).Transform(Data(9));
        MulticlassClassificationMetrics metrics = _ml.MulticlassClassification.Evaluate(transformer.Transform(data));
        Assert.Equal(9, metrics.ConfusionMatrix.Counts.Sum(row => row.Sum()));
        Assert.True(double.IsFinite(metrics.LogLoss));

        using PredictionEngine<Photo, Scored> engine =
            _ml.Model.CreatePredictionEngine<Photo, Scored>(transformer, new PredictionEngineOptions { OwnsTransformer = false });
        List<Scored> expected = Read(transformer.Transform(Data(4)));
        foreach (Photo photo in Photos(4))
        {
            Scored found = engine.Predict(photo);
            for (int k = 0; k < 3; k++) Assert.Equal(expected[photo.Number].Score[k], found.Score[k], 1e-5f);
        }
    }

    [Fact]
    public void Several_threads_may_score_at_once()
    {
        using ProtoPNetTransformer transformer = Transformer();
        float[][] expected = [.. transformer.Transform(Data(6)).GetColumn<float[]>("Score")];
        Parallel.For(0, 8, new ParallelOptions { CancellationToken = TestContext.Current.CancellationToken }, _ =>
        {
            float[][] found = [.. transformer.Transform(new MLContext().Data.LoadFromEnumerable(Photos(6))).GetColumn<float[]>("Score")];
            for (int i = 0; i < 6; i++)
                for (int k = 0; k < 3; k++) Assert.Equal(expected[i][k], found[i][k], 1e-5f);
        });
    }

    [Fact]
    public void A_column_that_is_missing_or_no_image_is_named()
    {
        using ProtoPNetTransformer transformer = Transformer();
        var missing = Assert.Throws<ArgumentOutOfRangeException>(
            () => transformer.Transform(_ml.Data.LoadFromEnumerable(new[] { new { Path = "a" } })));
        Assert.Contains("Could not find image column 'Image'", missing.Message);
        Assert.Contains("'Path'", missing.Message);
        var wrong = Assert.Throws<ArgumentOutOfRangeException>(
            () => transformer.Transform(_ml.Data.LoadFromEnumerable(new[] { new { Image = "a" } })));
        Assert.Contains("expected Image, or vector of Byte, got String", wrong.Message);
    }

    [Fact]
    public void A_disposed_transformer_says_so()
    {
        ProtoPNetTransformer transformer = Transformer();
        IDataView lazy = transformer.Transform(Data(3));
        transformer.Dispose();
        transformer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => transformer.Transform(Data(3)));
        Assert.Throws<ObjectDisposedException>(() => Read(lazy));
        Assert.Throws<ObjectDisposedException>(() => transformer.Weight(0, 0));
    }

    [Fact]
    public void Columns_that_need_no_model_are_read_in_parallel_and_without_it()
    {
        ProtoPNetTransformer transformer = Transformer();
        IDataView scored = transformer.Transform(Data(5));
        transformer.Dispose();
        Assert.Equal(Enumerable.Range(0, 5), scored.GetColumn<int>("Number"));
    }

    internal static string[] Texts(DataViewSchema.Column column, string kind)
    {
        VBuffer<ReadOnlyMemory<char>> values = default;
        column.Annotations.GetValue(kind, ref values);
        return [.. values.DenseValues().Select(v => v.ToString())];
    }

    private static byte[] Png(int number) => ImageCodec.EncodePng(Picture(number));

    private sealed class Encoded
    {
        public int Number { get; set; }

        public byte[] Image { get; set; } = [];
    }

    private sealed class EncodedScored
    {
        public int Number { get; set; }

        public float[] Score { get; set; } = [];
    }
}
