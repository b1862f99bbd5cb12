using System.Text.Json;
using Microsoft.ML;
using ProtoPNet.Cli;
using ProtoPNet.Datasets;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Cli;

public sealed class EnsembleVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Models_are_combined_evaluated_and_explained_and_other_verbs_say_what_to_do()
    {
        ImageDataset birds = ProceduralBirds.Write(
            _folder.In("birds"), new BirdOptions { Species = 3, TrainPerSpecies = 2, TestPerSpecies = 2, Size = 48, Seed = 1 });
        string one = Save("a/model.zip", birds, crop: true, 1), two = Save("b/model.zip", birds, crop: true, 2), both = _folder.In("both.zip");
        (int code, _, string error) = await Run("ensemble", "--model", one, "--model", two, "--output", both);
        Assert.Equal((0, ""), (code, error));
        using (EnsembleFile file = SavedPipeline.Open<EnsembleFile>(both))
        {
            Assert.True(file.Crops);
            Assert.Equal(["a", "b"], file.Models.Select(model => model.Name));
        }

        string[] measure = ["--dataset", "birds", "--data", _folder.In("birds"), "--interpretability", "--json"];
        (code, string said, error) = await Run(["evaluate", "--model", both, .. measure]);
        Assert.Equal((0, ""), (code, error));
        JsonElement figures = JsonDocument.Parse(said).RootElement;
        Assert.Equal(6, figures.GetProperty("images").GetInt32());
        JsonElement[] members = [.. figures.GetProperty("members").EnumerateArray()];
        Assert.Equal(["a", "b"], members.Select(member => member.GetProperty("name").GetString()));
        for (int m = 0; m < 2; m++)
        {
            (_, string alone, _) = await Run(["evaluate", "--model", m == 0 ? one : two, .. measure]);
            JsonElement single = JsonDocument.Parse(alone).RootElement;
            Assert.Equal(single.GetProperty("accuracy").GetDouble(), members[m].GetProperty("accuracy").GetDouble(), 1e-9);
            Assert.Equal(JsonValueKind.Null, single.GetProperty("members").ValueKind);
            Assert.NotEmpty(single.GetProperty("confidence").GetProperty("abstention").EnumerateArray());
            foreach (string figure in (string[])["consistency", "classPurity", "evidenceSize"])
                Assert.Equal(single.GetProperty("interpretability").GetProperty(figure).GetDouble(),
                    members[m].GetProperty("interpretability").GetProperty(figure).GetDouble(), 1e-6);
        }

        // Its probabilities are measured; familiarity it has none, since its members keep no features.
        JsonElement confidence = figures.GetProperty("confidence");
        Assert.Equal(figures.GetProperty("accuracy").GetDouble(), confidence.GetProperty("calibration").GetProperty("accuracy").GetDouble(), 1e-9);
        Assert.Empty(confidence.GetProperty("abstention").EnumerateArray());
        (code, _, error) = await Run(["evaluate", "--model", both, .. measure, "--abstain-below", "1"]);
        Assert.Equal(1, code);
        Assert.Contains("A member of this ensemble has no familiarity", error);

        string photograph = birds.PathOf(birds.Test[0]);
        (code, _, _) = await Run("explain", "--model", both, "--image", photograph, "--output", _folder.In("why"), "--json", "--pictures");
        Assert.Equal(0, code);
        string page = await File.ReadAllTextAsync(Directory.GetFiles(_folder.In("why"), "*.html").Single(), TestContext.Current.CancellationToken);
        Assert.Contains("data-title=\"a\"", page);
        Assert.Contains("data-title=\"b\"", page);

        foreach (string[] verb in (string[][])
        [
            ["inspect", "--dataset", "birds", "--data", _folder.In("birds")], ["prune", "--remove", "1", "--output", _folder.In("p.zip")],
            ["prototypes", "--dataset", "birds", "--data", _folder.In("birds"), "--output", _folder.In("g")],
            ["export", "--format", "onnx", "--output", _folder.In("o.onnx")],
        ])
        {
            (code, _, error) = await Run([verb[0], "--model", both, .. verb[1..]]);
            Assert.Equal(1, code);
            Assert.Equal($"error: '{both}' is an ensemble, which only 'evaluate', 'predict' and 'explain' take; give the model.zip of one of its members here.",
                error.Trim());
        }
        (code, _, error) = await Run("ensemble", "--model", both, two, "--output", _folder.In("more.zip"));
        Assert.Equal(1, code);
        Assert.Contains("is an ensemble", error);
    }

    [Fact]
    public async Task What_cannot_be_combined_is_refused_in_one_line()
    {
        ImageDataset birds = ProceduralBirds.Write(
            _folder.In("birds"), new BirdOptions { Species = 3, TrainPerSpecies = 1, TestPerSpecies = 1, Size = 48, Seed = 1 });
        string one = Save("one.zip", birds, crop: true, 1), whole = Save("whole.zip", birds, crop: false, 2);
        string fewer = Save("fewer.zip", birds with { Train = [.. birds.Train.Where(record => record.Label != birds.Classes[0])] }, crop: true, 3);
        string output = _folder.In("both.zip");
        await Refused("An ensemble needs at least two models", one);
        await Refused("is given twice", one, one);
        await Refused("'one' sees photographs cropped to their boxes and 'whole' whole ones", one, whole);
        await Refused($"'fewer' does not know '{birds.Classes[0]}'", one, fewer);
        string shy = UntrainedPipeline.Save(
            _folder.In("shy.zip"), birds, crop: true, 2, after: new MLContext().Transforms.AbstainBelow(1, sourceColumnName: "Similarities"));
        await Refused("'shy' abstains by itself", one, shy);
        await Refused("There is no model", one, _folder.In("absent.zip"));
        Assert.False(File.Exists(output));
        await File.WriteAllTextAsync(output, "precious", TestContext.Current.CancellationToken);
        await Refused("already exists", one, Save("two.zip", birds, crop: true, 2));

        async Task Refused(string reason, params string[] models)
        {
            (int code, _, string error) = await Run(["ensemble", "--model", .. models, "--output", output]);
            Assert.Equal(1, code);
            Assert.Contains(reason, error);
            Assert.DoesNotContain("\n", error.Trim());
        }
    }

    private string Save(string name, ImageDataset birds, bool crop, ulong seed) => UntrainedPipeline.Save(_folder.In(name), birds, crop, seed);

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await Tool.Run(arguments, output, error, TestContext.Current.CancellationToken);
        return (code, output.ToString(), error.ToString());
    }
}
