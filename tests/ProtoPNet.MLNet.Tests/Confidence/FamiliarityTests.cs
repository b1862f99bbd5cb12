using System.Globalization;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Persistence;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Reports;
using ProtoPNet.MLNet.Tests.Persistence;
using ProtoPNet.MLNet.Weights;
using TorchSharp;
using Xunit;
using static ProtoPNet.MLNet.Tests.SmallModel;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Confidence;

public sealed class FamiliarityTests
{
    private readonly MLContext _ml = new(seed: 1);

    private IDataView Data => _ml.Data.LoadFromEnumerable(Photos(9));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void It_is_the_mean_cosine_of_the_patches_that_the_predicted_class_finds(int side)
    {
        using TrainedProtoPNet model = Knowing(Trained(side: side));
        NetworkArchitecture network = model.Architecture;
        float[] pixels = new float[2 * 3 * SmallModel.Size * SmallModel.Size];
        for (int n = 0; n < 2; n++)
            NetworkInput.Render(Picture(n), SmallModel.Size, network.Backbone.Normalisation, pixels.AsSpan(n * 3 * SmallModel.Size * SmallModel.Size, 3 * SmallModel.Size * SmallModel.Size));
        ImageScores scores = model.Score(pixels, 2);

        Assert.Equal(2, scores.Familiarity.Length);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable mode = inference_mode();
        Tensor features = model.Network.Features.call(InputTensor.On(CPU, pixels, 2, SmallModel.Size));
        Tensor distances = model.Network.Distances(model.Network.LatentOf(features));
        for (int n = 0; n < 2; n++)
        {
            int k = scores.Logits.AsSpan(n * 3, 3).IndexOf(scores.Logits.Skip(n * 3).Take(3).Max());
            double sum = 0;
            int[] own = [.. Enumerable.Range(0, 6).Where(p => network.PrototypeClasses[p] == k)];
            foreach (int p in own)
            {
                (long row, long column) = Math.DivRem(distances[n, p].argmin().item<long>(), distances.shape[3]);
                float[] found = features[n, TensorIndex.Colon].narrow(1, row, side).narrow(2, column, side).contiguous().data<float>().ToArray();
                float[] seen = model.Prototypes[p].Source!.Features.ToArray();
                sum += found.Zip(seen, (a, b) => (double)a * b).Sum() / Math.Sqrt(found.Sum(a => (double)a * a) * seen.Sum(b => (double)b * b));
            }
            Assert.Equal(sum / own.Length, scores.Familiarity[n], 1e-4);
        }
    }

    [Fact]
    public void A_loaded_model_finds_the_same_photographs_familiar()
    {
        using var folder = new TemporaryFolder();
        using ProtoPNetTransformer model = Transformer(Knowing(Trained()));
        string path = folder.In("model.zip");
        _ml.Model.Save(model, Data.Schema, path);
        using var loaded = (ProtoPNetTransformer)new MLContext().Model.Load(path, out _);

        Assert.Equal("Familiarity", loaded.FamiliarityColumnName);
        float[] familiarity = [.. loaded.Transform(Data).GetColumn<float>("Familiarity")];
        Assert.Equal(model.Transform(Data).GetColumn<float>("Familiarity"), familiarity);
        Assert.Equal(familiarity, Photos(9).Select(photo => loaded.Transform(_ml.Data.LoadFromEnumerable([photo])).GetColumn<float>("Familiarity").Single()));

        float threshold = familiarity.Order().ElementAt(4);
        string[] answers = [.. _ml.Transforms.AbstainBelow(threshold).Fit(loaded.Transform(Data)).Transform(loaded.Transform(Data)).GetColumn<string>("Answer")];
        Assert.Equal(familiarity.Select(value => value < threshold), answers.Select(answer => answer == AbstainingTransformer.Unknown));
    }

    [Fact]
    public void An_explanation_says_how_familiar_the_photograph_is_and_so_do_its_page_and_its_numbers()
    {
        using ProtoPNetTransformer model = Transformer(Knowing(Trained()));
        foreach ((int n, float scored) in model.Transform(Data).GetColumn<float>("Familiarity").Index())
        {
            byte[] photograph = ImageCodec.EncodePng(Picture(n));
            Assert.Equal(scored, model.Explain(photograph).Familiarity!.Value, 1e-4f);
            LocalReport report = model.ExplainAsReport(photograph, "bird.png");
            float said = JsonDocument.Parse(report.Json()).RootElement.GetProperty("familiarity").GetSingle();
            Assert.Equal(scored, said, 1e-4f);
            Assert.Contains($"<data class=\"familiarity\" value=\"{((double)said).ToString("R", CultureInfo.InvariantCulture)}\"", report.Html(), StringComparison.Ordinal);
        }
        using ProtoPNetTransformer old = Transformer();
        Assert.Null(old.Explain(ImageCodec.EncodePng(Picture(0))).Familiarity);
        Assert.DoesNotContain("class=\"familiarity\"", old.ExplainAsReport(ImageCodec.EncodePng(Picture(0)), "bird.png").Html(), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_some_of_its_prototypes_it_is_that_of_those_left_of_the_predicted_class()
    {
        using TrainedProtoPNet model = Knowing(Trained());
        float[] pixels = new float[3 * SmallModel.Size * SmallModel.Size];
        NetworkInput.Render(Picture(1), SmallModel.Size, model.Architecture.Backbone.Normalisation, pixels);
        float[] cosines;
        using (DisposeScope scope = NewDisposeScope())
        using (inference_mode())
        {
            Tensor features = model.Network.Features.call(InputTensor.On(CPU, pixels, 1, SmallModel.Size));
            cosines = model.Familiar!.Cosines(features[0], model.Network.Distances(model.Network.LatentOf(features))[0]);
        }
        Assert.Equal(6, cosines.Distinct().Count());
        for (int gone = 0; gone < 6; gone++)
        {
            int[] left = [.. Enumerable.Range(0, 6).Where(j => j != gone)];
            float[,] weights = new float[3, 5];
            for (int k = 0; k < 3; k++)
                for (int j = 0; j < 5; j++) weights[k, j] = model.LastLayerWeights[k, left[j]];
            LocalExplanation explanation = model.Explain(pixels, new PrototypeHead(model.ClassNames, [.. left.Select(j => model.Prototypes[j])], weights));
            float expected = left.Where(j => model.Prototypes[j].ClassIndex == explanation.Predicted.Index).Average(j => cosines[j]);
            Assert.Equal(expected, explanation.Familiarity!.Value, 1e-4f);
        }
    }

    [Fact]
    public void An_ensemble_has_the_mean_of_its_members_if_all_of_them_know()
    {
        using ProtoPNetEnsemble ensemble = ProtoPNetEnsemble.Of(Transformer(Knowing(Trained())), Transformer(Knowing(Trained(side: 2))));
        Assert.Equal("Familiarity", ensemble.FamiliarityColumnName);
        float[][] members = [.. ensemble.Members.Select(member => member.Model.Transform(Data).GetColumn<float>("Familiarity").ToArray())];
        float[] both = [.. ensemble.Transform(Data).GetColumn<float>("Familiarity")];
        Assert.Equal(9, both.Length);
        for (int n = 0; n < 9; n++)
        {
            Assert.Equal((members[0][n] + members[1][n]) / 2, both[n], 1e-5f);
            Assert.Equal(both[n], ensemble.Explain(ImageCodec.EncodePng(Picture(n))).Familiarity!.Value, 1e-4f);
        }
        using var folder = new TemporaryFolder();
        IDataView scored = ensemble.Transform(Data);
        _ml.Model.Save(ensemble.Append(_ml.Transforms.AbstainBelow(both.Order().ElementAt(4)).Fit(scored)), Data.Schema, folder.In("both.zip"));
        string[] answers = [.. new MLContext().Model.Load(folder.In("both.zip"), out _).Transform(Data).GetColumn<string>("Answer")];
        Assert.Equal(4, answers.Count(answer => answer == AbstainingTransformer.Unknown));

        using ProtoPNetEnsemble half = ProtoPNetEnsemble.Of(Transformer(Knowing(Trained())), Transformer());
        Assert.Null(half.FamiliarityColumnName);
        Assert.Null(half.Transform(Data).Schema.GetColumnOrNull("Familiarity"));
        Assert.Null(half.Explain(ImageCodec.EncodePng(Picture(0))).Familiarity);
        Assert.Equal(9, half.Transform(Data).GetColumn<float[]>("Score").Count());
    }

    [Fact]
    public void A_model_without_features_adds_no_column_and_abstention_says_what_to_go_by()
    {
        using ProtoPNetTransformer model = Transformer();
        IDataView scored = model.Transform(Data);
        Assert.Null(model.FamiliarityColumnName);
        Assert.Null(scored.Schema.GetColumnOrNull("Familiarity"));
        ArgumentOutOfRangeException refused = Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.AbstainBelow(0.5f).Fit(scored));
        Assert.Contains("sourceColumnName: \"Similarities\"", refused.Message, StringComparison.Ordinal);
        Assert.Equal(9, _ml.Transforms.AbstainBelow(0, sourceColumnName: "Similarities").Fit(scored).Transform(scored).GetColumn<float>("Familiarity").Count());
    }

    [Fact]
    public void Other_features_than_those_of_its_prototypes_are_refused()
    {
        using TrainedProtoPNet model = Knowing(Trained());
        int channels = model.Network.Features.OutputChannels;
        string Refused(Tensor written, string name = "features")
        {
            using var stream = new MemoryStream();
            Safetensors.Write(stream, [(name, written)]);
            stream.Position = 0;
            return Assert.Throws<WeightsFormatException>(() => PrototypeFeaturesEntry.Read(stream, "entry", model.Architecture)).Message;
        }
        using DisposeScope scope = NewDisposeScope();
        Assert.Contains($"6 × {channels}", Refused(ones(5, channels)), StringComparison.Ordinal);
        Assert.Contains("one tensor", Refused(ones(6, channels), "others"), StringComparison.Ordinal);
        Assert.Contains("one tensor", Refused(ones(6, channels, ScalarType.Float64)), StringComparison.Ordinal);
        Assert.Contains("finite", Refused(full(6, channels, float.NaN)), StringComparison.Ordinal);
    }
}
