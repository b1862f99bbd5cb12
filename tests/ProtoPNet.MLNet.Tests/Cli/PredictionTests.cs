using System.Globalization;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.Cli;
using ProtoPNet.Datasets;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Cli;

/// <summary>Which photographs are predicted, and how predictions are written.</summary>
public sealed class PredictionTests : IDisposable
{
    private static readonly Prediction s_prediction = new("a, \"b\".jpg", [new("Robin", 0.75f), new("Käuz,chen", 0.25f)]);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Files_folders_and_standard_input_are_taken_in_order()
    {
        _folder.Write("in/deep/2.JPG", "");
        _folder.Write("in/1.png", "");
        _folder.Write("in/notes.txt", "");
        _folder.Write("in/@eaDir/3.jpg", "");
        _folder.Write("own", "");
        string[] found = [.. PredictedPhotographs.Of([_folder.In("own"), _folder.In("in"), "-"], new StringReader("x.jpg\n\ny.jpg"))];
        Assert.Equal([_folder.In("own"), _folder.In("in", "1.png"), _folder.In("in", "deep", "2.JPG"), "x.jpg", "y.jpg"], found);
    }

    [Fact]
    public void What_is_missing_is_said_before_anything_is_read()
    {
        Directory.CreateDirectory(_folder.In("empty"));
        Assert.Throws<FileNotFoundException>(() => PredictedPhotographs.Of(["-", _folder.In("absent")], new StringReader("")));
        Assert.Throws<DatasetException>(() => PredictedPhotographs.Of([_folder.In("empty")], new StringReader("")));
    }

    [Fact]
    public void Csv_has_a_row_for_each_class_and_quotes_what_needs_it()
        => Assert.Equal(
            "image,rank,class,probability,familiarity,answer\n\"a, \"\"b\"\".jpg\",1,Robin,0.75,,\n\"a, \"\"b\"\".jpg\",2,\"Käuz,chen\",0.25,,\n", Written(PredictionFormat.Csv));

    [Fact]
    public void Json_has_an_object_a_line()
    {
        string text = Written(PredictionFormat.Json);
        JsonElement one = JsonDocument.Parse(Assert.Single(text.TrimEnd('\n').Split('\n'))).RootElement;
        Assert.Equal("a, \"b\".jpg", one.GetProperty("image").GetString());
        Assert.Equal(("Käuz,chen", 0.25), (one.GetProperty("classes")[1].GetProperty("class").GetString(), one.GetProperty("classes")[1].GetProperty("probability").GetDouble()));
        Assert.Contains("Käuz,chen", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_has_a_line_for_each_photograph()
        => Assert.Equal($"a, \"b\".jpg: Robin ({0.75f:P1}), Käuz,chen ({0.25f:P1})\n", Written(PredictionFormat.Text));

    [Fact]
    public void How_familiar_a_photograph_is_and_what_the_answer_is_then_are_written_where_they_are_known()
    {
        Prediction shy = s_prediction with { Image = "x", Familiarity = 0.125f, Answer = "unknown" };
        Assert.Equal($"x: unknown; most like Robin ({0.75f:P1}), Käuz,chen ({0.25f:P1}); familiarity {0.125f:F2}\n", Written(PredictionFormat.Text, shy));
        Assert.Contains("\nx,1,Robin,0.75,0.125,unknown\n", Written(PredictionFormat.Csv, shy), StringComparison.Ordinal);
        JsonElement one = JsonDocument.Parse(Written(PredictionFormat.Json, shy)).RootElement;
        Assert.Equal((0.125, "unknown"), (one.GetProperty("familiarity").GetDouble(), one.GetProperty("answer").GetString()));
        Assert.Equal($"x: Robin ({0.75f:P1}), Käuz,chen ({0.25f:P1}); familiarity {0.125f:F2}\n", Written(PredictionFormat.Text, shy with { Answer = null }));
        Assert.False(JsonDocument.Parse(Written(PredictionFormat.Json)).RootElement.TryGetProperty("answer", out _));
    }

    [Fact]
    public async Task A_threshold_or_the_pipeline_itself_makes_it_say_unknown()
    {
        ImageDataset birds = ProceduralBirds.Write(
            _folder.In("birds"), new BirdOptions { Species = 3, TrainPerSpecies = 1, TestPerSpecies = 2, Size = 48, Seed = 1 });
        TransformsCatalog transforms = new MLContext(seed: 1).Transforms;
        string Save(string name, bool knowing, IEstimator<ITransformer>? abstains = null)
            => UntrainedPipeline.Save(_folder.In(name), birds, crop: false, seed: 1, knowing ? SmallModel.Knowing : null, abstains);
        string plain = Save("plain.zip", true), old = Save("old.zip", false),
            shy = Save("shy.zip", true, transforms.AbstainBelow(2, familiarityColumnName: "F", answerColumnName: "A").Append(transforms.DropColumns("F", "A"))),
            sure = Save("sure.zip", true, transforms.AbstainBelow(0.999f, nearest: 1, sourceColumnName: "Score"));

        (string Answer, double Familiarity)[] always = await Predicted(plain), never = await Predicted(plain, "--abstain-below", "2"), itself = await Predicted(shy);
        Assert.Equal(6, always.Length);
        Assert.All(always, one => Assert.Equal("", one.Answer));
        Assert.True(always.Select(one => one.Familiarity).Distinct().Count() > 1);
        Assert.Equal(always.Select(one => ("unknown", one.Familiarity)), never);
        Assert.Equal(never, itself);
        double middle = always.Select(one => one.Familiarity).Order().ElementAt(3);
        (string Answer, double Familiarity)[] some = await Predicted(plain, "--abstain-below", middle.ToString("R", CultureInfo.InvariantCulture));
        Assert.Equal(always.Select(one => one.Familiarity < middle), some.Select(one => one.Answer == "unknown"));
        Assert.All(await Predicted(shy, "--abstain-below", "-1"), one => Assert.NotEqual("unknown", one.Answer));

        // By the probability, whatever the threshold.
        (string Answer, double Familiarity)[] unsure = await Predicted(sure), surer = await Predicted(sure, "--abstain-below", "0.01");
        Assert.All(unsure, one => Assert.Equal("unknown", one.Answer));
        Assert.All(surer, one => Assert.NotEqual("unknown", one.Answer));
        Assert.Equal(unsure.Select(one => one.Familiarity), surer.Select(one => one.Familiarity));

        // Models without features go by the five nearest of their six prototypes.
        using SavedPipeline opened = SavedPipeline.Open(old);
        IDataView rows = new MLContext(seed: 1).Rows(birds, birds.Test);
        double[] means = [.. opened.UpToClassifier.Transform(rows).GetColumn<float[]>("Similarities").Select(all => (double)all.OrderDescending().Take(5).Average())];
        double[] said = [.. (await Predicted(old)).Select(one => one.Familiarity)];
        Assert.Equal(means.Length, said.Length);
        Assert.All(means.Order().Zip(said.Order()), pair => Assert.Equal(pair.First, pair.Second, 1e-4));

        async Task<(string Answer, double Familiarity)[]> Predicted(string model, params string[] more)
        {
            using var output = new StringWriter();
            using var error = new StringWriter();
            int code = await Tool.Run(
                ["predict", "--model", model, _folder.In("birds", "test"), "--format", "json", .. more], output, error, TestContext.Current.CancellationToken);
            Assert.Equal((0, ""), (code, error.ToString()));
            return [.. output.ToString().TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement)
                .Select(one => (one.TryGetProperty("answer", out JsonElement answer) ? answer.GetString()! : "", one.GetProperty("familiarity").GetDouble()))];
        }
    }

    private static string Written(PredictionFormat format, Prediction? prediction = null)
    {
        using var output = new StringWriter();
        Assert.Equal(1, output.Write([prediction ?? s_prediction], format));
        return output.ToString();
    }
}
