using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Reports;
using ProtoPNet.MLNet.Tests.Persistence;
using Xunit;
using static ProtoPNet.MLNet.Tests.SmallModel;

namespace ProtoPNet.MLNet.Tests.Scoring;

public sealed class EnsembleTests : IDisposable
{
    private static readonly string[] s_turned = ["Wren", "Cardinal", "Robin"];

    private readonly MLContext _ml = new(seed: 1);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Another backbone, size, number of prototypes, and order of classes.</summary>
    private static ProtoPNetTransformer Other(params string[] classes)
    {
        if (classes.Length == 0) classes = s_turned;
        NetworkArchitecture architecture = new()
        {
            Backbone = Backbone.Vgg11,
            Stages = 1,
            LatentSpace = LatentSpace.Sphere,
            ImageSize = 48,
            PrototypeDepth = 4,
            Classes = classes.Length,
            PrototypeClasses = NetworkArchitecture.EqualPrototypeClasses(classes.Length, 3),
        };
        Prototype[] prototypes = [.. architecture.PrototypeClasses.Select((k, j) => new Prototype
        {
            Index = j,
            ClassIndex = k,
            ClassName = classes[k],
            NumberInClass = j % 3 + 1,
        })];
        var model = new TrainedProtoPNet(new ProtoPNetNetwork(architecture, new DeterministicRandom(9)), classes, prototypes);
        return new(model, ClassLabels.Parse("String", classes), new(), batchSize: 3);
    }

    private IDataView Data(int count = 5) => _ml.Data.LoadFromEnumerable(Photos(count));

    /// <summary>The logits of one model by class name, from a pass of its own.</summary>
    private static Dictionary<string, float> Logits(ProtoPNetTransformer model, int picture)
        => model.Explain(MLNet.Images.ImageCodec.EncodePng(Picture(picture))).Ranking.ToDictionary(score => score.Name, score => score.Logit);

    [Fact]
    public void Scores_are_the_softmax_of_mean_logits_matched_by_class_name()
    {
        using ProtoPNetEnsemble ensemble = ProtoPNetEnsemble.Of(Transformer(), Other());
        Row[] rows = [.. _ml.Data.CreateEnumerable<Row>(ensemble.Transform(Data()), false)];
        Assert.Equal(5, rows.Length);
        foreach ((int i, Row row) in rows.Index())
        {
            Dictionary<string, float> first = Logits(ensemble.Members[0].Model, i), second = Logits(ensemble.Members[1].Model, i);
            double[] powers = [.. Classes.Select(name => Math.Exp(((double)first[name] + second[name]) / 2))];
            for (int k = 0; k < 3; k++)
            {
                Assert.Equal(powers[k] / powers.Sum(), row.Score[k], 1e-4);
                Assert.Equal(first[Classes[k]], row.MemberLogits[k], 1e-3f);
                Assert.Equal(second[Classes[k]], row.MemberLogits[3 + k], 1e-3f);
            }
            Assert.Equal((uint)Array.IndexOf(row.Score, row.Score.Max()) + 1, row.PredictedLabel);
        }
    }

    [Fact]
    public void A_model_twice_is_no_surer_than_once()
    {
        using ProtoPNetTransformer one = Transformer();
        using ProtoPNetEnsemble twice = ProtoPNetEnsemble.Of([new EnsembleMember("first", one), new EnsembleMember("second", Transformer())]);
        Row[] rows = [.. _ml.Data.CreateEnumerable<Row>(twice.Transform(Data()), false)];
        float[][] once = [.. one.Transform(Data()).GetColumn<float[]>("Score")];
        foreach ((int i, Row row) in rows.Index())
            for (int k = 0; k < 3; k++) Assert.Equal(once[i][k], row.Score[k], 1e-5f);
    }

    [Fact]
    public void Similarities_are_those_of_the_members_one_after_the_other()
    {
        using ProtoPNetEnsemble ensemble = ProtoPNetEnsemble.Of(Transformer(), Other());
        Row[] rows = [.. _ml.Data.CreateEnumerable<Row>(ensemble.Transform(Data()), false)];
        float[][] first = [.. ensemble.Members[0].Model.Transform(Data()).GetColumn<float[]>("Similarities")],
            second = [.. ensemble.Members[1].Model.Transform(Data()).GetColumn<float[]>("Similarities")];
        for (int i = 0; i < rows.Length; i++)
        {
            Assert.Equal(6 + 9, rows[i].Similarities.Length);
            foreach ((float expected, float found) in first[i].Concat(second[i]).Zip(rows[i].Similarities)) Assert.Equal(expected, found, 1e-4f);
        }
        DataViewSchema schema = ensemble.GetOutputSchema(Data().Schema);
        Assert.Equal("ResNet18: Cardinal #2", TransformerTests.Texts(schema["Similarities"], "SlotNames")[1]);
        Assert.Equal("Vgg11: Wren #1", TransformerTests.Texts(schema["Similarities"], "SlotNames")[6]);
        Assert.Equal("Vgg11: Cardinal", TransformerTests.Texts(schema["MemberLogits"], "SlotNames")[3]);
        Assert.Equal([2, 3], ((VectorDataViewType)schema["MemberLogits"].Type).Dimensions);
        Assert.Equal(Classes, TransformerTests.Texts(schema["Score"], "SlotNames"));
        Assert.Equal(Classes, TransformerTests.Texts(schema["PredictedLabel"], "KeyValues"));
    }

    [Fact]
    public void It_evaluates_and_predicts_as_any_model()
    {
        using ProtoPNetEnsemble ensemble = ProtoPNetEnsemble.Of(Transformer(), Other());
        IDataView data = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(Data(9)).Transform(Data(9));
        MulticlassClassificationMetrics metrics = _ml.MulticlassClassification.Evaluate(ensemble.Transform(data));
        Assert.Equal(9, metrics.ConfusionMatrix.Counts.Sum(row => row.Sum()));
        using PredictionEngine<Photo, Row> engine =
            _ml.Model.CreatePredictionEngine<Photo, Row>(ensemble, new PredictionEngineOptions { OwnsTransformer = false });
        Row[] rows = [.. _ml.Data.CreateEnumerable<Row>(ensemble.Transform(Data()), false)];
        foreach ((Photo photo, Row row) in Photos(5).Zip(rows)) Assert.Equal(row.Score[0], engine.Predict(photo).Score[0], 1e-5f);
    }

    [Fact]
    public void A_loaded_ensemble_gives_the_same_columns_and_saving_again_changes_nothing()
    {
        string path = _folder.In("both.zip"), again = _folder.In("again.zip");
        using ProtoPNetEnsemble ensemble = ProtoPNetEnsemble.Of([new EnsembleMember("one", Transformer()), new EnsembleMember("two", Other())]);
        _ml.Model.Save(ensemble, Data().Schema, path);
        using var loaded = (ProtoPNetEnsemble)new MLContext().Model.Load(path, out _);
        Assert.Equal(["one", "two"], loaded.Members.Select(member => member.Name));
        foreach (string column in (string[])["Score", "Similarities", "MemberLogits"])
            Assert.Equal(ensemble.Transform(Data()).GetColumn<float[]>(column), loaded.Transform(Data()).GetColumn<float[]>(column));
        _ml.Model.Save(loaded, Data().Schema, again);
        Assert.Equal(SavedModelTests.Entries(path), SavedModelTests.Entries(again));
    }

    [Theory]
    [InlineData("Ensemble.json", "\"two\"", "\"one\"", "Two models are named 'one'")]
    [InlineData("Ensemble.json", "\"format\": 1", "\"format\": 7", "format 7")]
    [InlineData("Ensemble.json", "\"one\",", "", "names 1 members")]
    [InlineData("Member002/Model.json", "\"Robin\"", "\"Rabin\"", "'two' does not know 'Robin'; 'one' does not know 'Rabin'")]
    [InlineData("Member002/Network.safetensors", null, null, "Network.safetensors")]
    public void A_damaged_ensemble_is_refused_with_the_reason(string entry, string? what, string? with, string reason)
    {
        string path = _folder.In("both.zip");
        using (ProtoPNetEnsemble ensemble = ProtoPNetEnsemble.Of([new EnsembleMember("one", Transformer()), new EnsembleMember("two", Other())]))
            _ml.Model.Save(ensemble, Data().Schema, path);
        ModelZip zip = ModelZip.Read(File.ReadAllBytes(path));
        int at = Enumerable.Range(0, zip.Entries.Count)
            .Single(i => zip.Entries[i].Name.Replace('\\', '/').EndsWith(entry, StringComparison.Ordinal));
        byte[] bytes = zip.Entries[at].Bytes;
        if (what is not null)
        {
            string text = System.Text.Encoding.Latin1.GetString(bytes);
            Assert.Contains(what, text);
            bytes = System.Text.Encoding.Latin1.GetBytes(text.Replace(what, with, StringComparison.Ordinal));
        }
        File.WriteAllBytes(path, (what is null ? zip.With(at, bytes[..(bytes.Length / 2)]) : zip.With(at, bytes)).ToFile());
        Exception error = Assert.ThrowsAny<Exception>(() => new MLContext().Model.Load(path, out _));
        while (error is System.Reflection.TargetInvocationException { InnerException: { } inner }) error = inner;
        Assert.IsType<FormatException>(error);
        Assert.Contains(reason, error.Message);
    }

    [Fact]
    public void Members_of_other_classes_are_refused_and_the_classes_named()
    {
        using ProtoPNetTransformer one = Transformer(), other = Other("Wren", "Stork", "Robin");
        string message = Assert.Throws<ArgumentException>(() => ProtoPNetEnsemble.Of(one, other)).Message;
        Assert.Contains("'Vgg11' does not know 'Cardinal'; 'ResNet18' does not know 'Stork'", message);
        Assert.Contains("at least two models; 1 given", Assert.Throws<ArgumentException>(() => ProtoPNetEnsemble.Of(one)).Message);
        Assert.Contains("given twice", Assert.Throws<ArgumentException>(() => ProtoPNetEnsemble.Of(one, one)).Message);
    }

    [Fact]
    public void Models_of_the_same_backbone_have_numbers()
    {
        using ProtoPNetEnsemble ensemble = ProtoPNetEnsemble.Of(Transformer(), Other(), Transformer(Trained(seed: 2)));
        Assert.Equal(["ResNet18 1", "Vgg11", "ResNet18 2"], ensemble.Members.Select(member => member.Name));
    }

    [Fact]
    public void An_explanation_adds_up_from_prototypes_to_members_to_the_logit()
    {
        using ProtoPNetEnsemble ensemble = ProtoPNetEnsemble.Of(Transformer(), Other());
        EnsembleExplanation explanation = ensemble.Explain(ImageCodec.EncodePng(Picture(3)));
        float[] score = [.. _ml.Data.CreateEnumerable<Row>(ensemble.Transform(Data()), false).ElementAt(3).Score];
        foreach (ClassScore of in explanation.Ranking)
        {
            Assert.Equal(score[of.Index], of.Probability, 1e-4f);
            IReadOnlyList<MemberShare> shares = explanation.For(of.Index);
            Assert.Equal(of.Logit, shares.Sum(share => share.Points), 1e-4f);
            Assert.All(shares, share => Assert.Equal(share.Points, share.Evidence.Sum, 1e-4));
            Assert.All(shares, share => Assert.Equal(of.Name, share.Evidence.Class.Name));
        }
        Assert.Equal(explanation.Ranking[0], explanation.Predicted);
        Assert.Throws<ArgumentOutOfRangeException>(() => explanation.For(3));
    }

    [Fact]
    public void Its_report_is_about_the_class_that_the_ensemble_predicts()
    {
        using ProtoPNetEnsemble ensemble = ProtoPNetEnsemble.Of(Transformer(), Other());
        EnsembleReport report = ensemble.ExplainAsReport(ImageCodec.EncodePng(Picture(3)), "a <b>.png", new() { Classes = 2 });
        string winner = report.Explanation.Predicted.Name, html = report.Html();
        Assert.All(report.Members, member => Assert.Equal(winner, member.Report.Evidence[0].Class.Name));
        Assert.All(report.Members, member => Assert.Equal(2, member.Report.Evidence.Count));
        Assert.All(report.Members, member => Assert.NotEmpty(member.Report.Masked));
        Assert.Contains($"<h1>{winner}</h1>", html);
        Assert.Contains("a &lt;b&gt;.png", html);
        Assert.Contains("data-title=\"Vgg11\"", html);

        JsonElement json = JsonDocument.Parse(report.Json()).RootElement;
        Assert.Equal(winner, json.GetProperty("predicted").GetString());
        JsonElement[] members = [.. json.GetProperty("members").EnumerateArray()];
        Assert.Equal(json.GetProperty("classes")[0].GetProperty("logit").GetDouble(), members.Sum(m => m.GetProperty("points").GetDouble()), 1e-4);
        Assert.Equal(winner, members[1].GetProperty("explanation").GetProperty("evidence")[0].GetProperty("class").GetString());
        IReadOnlyList<string> pictures = report.WritePictures(_folder.In("pictures"));
        Assert.Equal(["1-ResNet18", "2-Vgg11"], pictures.Select(path => Path.GetFileName(Path.GetDirectoryName(path))).Distinct());
        Assert.All(pictures, path => Assert.True(File.Exists(path)));
    }

    [Fact]
    public void A_disposed_ensemble_says_so()
    {
        ProtoPNetEnsemble ensemble = ProtoPNetEnsemble.Of(Transformer(), Other());
        IDataView lazy = ensemble.Transform(Data());
        ensemble.Dispose();
        Assert.Throws<ObjectDisposedException>(() => ensemble.Transform(Data()));
        Assert.Throws<ObjectDisposedException>(() => lazy.GetColumn<float[]>("Score").ToList());
        Assert.Throws<ObjectDisposedException>(() => ensemble.Explain(ImageCodec.EncodePng(Picture(0))));
    }

    [Fact]
    public void Training_does_not_continue_from_an_ensemble()
    {
        string path = _folder.In("both.zip");
        using (ProtoPNetEnsemble ensemble = ProtoPNetEnsemble.Of(Transformer(), Other())) _ml.Model.Save(ensemble, Data().Schema, path);
        string message = Assert.ThrowsAny<Exception>(() => PretrainedWeights.File(path).Earlier()).Message;
        Assert.Contains("it is an ensemble of several models: give the model.zip of one of them", message);
    }

    private sealed class Row
    {
        public float[] Score { get; set; } = [];

        public uint PredictedLabel { get; set; }

        public float[] Similarities { get; set; } = [];

        public float[] MemberLogits { get; set; } = [];
    }
}
