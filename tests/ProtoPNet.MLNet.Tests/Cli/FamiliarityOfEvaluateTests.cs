using System.Text.Json;
using Microsoft.ML;
using ProtoPNet.Cli;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Model;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Cli;

public sealed class FamiliarityOfEvaluateTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public async Task It_is_the_models_own_whatever_its_pipeline_abstains_by()
    {
        using var folder = new TemporaryFolder();
        ImageDataset birds = ProceduralBirds.Write(
            folder.In("birds"), new BirdOptions { Species = 3, TrainPerSpecies = 1, TestPerSpecies = 2, Size = 48, Seed = 1 });
        string Save(string name, Func<TrainedProtoPNet, TrainedProtoPNet>? described, string? abstainsBy) => UntrainedPipeline.Save(
            folder.In(name), birds, crop: true, seed: 1, described,
            abstainsBy is null ? null : _ml.Transforms.AbstainBelow(1, sourceColumnName: abstainsBy));
        string[] arguments = ["--dataset", "birds", "--data", folder.In("birds")];
        string plain = Save("plain.zip", SmallModel.Knowing, null), shy = Save("shy.zip", SmallModel.Knowing, "Similarities");
        string old = Save("old.zip", null, null);

        double[] own = await Thresholds(plain), beside = await Thresholds(shy), similarities = await Thresholds(old);
        Assert.NotEmpty(own);
        Assert.All(own, threshold => Assert.InRange(threshold, 0, 1));
        Assert.Equal(own, beside);
        Assert.NotEqual(own, similarities);

        async Task<double[]> Thresholds(string model)
        {
            JsonElement confidence = JsonDocument.Parse(await Said(model, "--json")).RootElement.GetProperty("confidence");
            return [.. confidence.GetProperty("abstention").EnumerateArray().Select(point => point.GetProperty("threshold").GetDouble())];
        }

        async Task<string> Said(string model, params string[] more)
        {
            using var output = new StringWriter();
            using var error = new StringWriter();
            int code = await Tool.Run(["evaluate", "--model", model, .. arguments, .. more], output, error, TestContext.Current.CancellationToken);
            Assert.Equal((0, ""), (code, error.ToString()));
            return output.ToString();
        }
    }
}
