using Microsoft.ML;
using ProtoPNet.Cli;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Cli;

/// <summary><c>protopnet train --init</c>: a model that continues from an earlier one.</summary>
public sealed class ContinuedTrainingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_not_given_is_as_in_the_earlier_model_and_what_is_taken_over_is_said()
    {
        ProceduralBirds.Write(_folder.In("birds"), new BirdOptions { Species = 3, TrainPerSpecies = 4, TestPerSpecies = 2, Size = 48, Seed = 1 });
        string schedule = _folder.Write(
            "schedule.json", (TrainingSchedule.Default with { Phases = [new Projection(), new LastLayerFit(1e-3)] }).ToJson());
        string data = _folder.In("birds"), model = _folder.In("first/model.zip"), state = _folder.In("first/net.safetensors");
        string[] common = ["train", "--dataset", "birds", "--data", data, "--schedule", schedule, "--validation", "0"];
        ToolProcess train = await ToolProcess.Run([.. common, "--output", _folder.In("first"), "--backbone", "resnet18", "--stages", "1",
            "--image-size", "48", "--prototypes-per-class", "2", "--depth", "8", "--latent-space", "cube"]);
        Assert.True(train.ExitCode == 0, train.Errors);
        Assert.DoesNotContain("From '", train.Output, StringComparison.Ordinal);
        ToolProcess export = await ToolProcess.Run("export", "--model", model, "--format", "state-dict", "--output", state);
        Assert.True(export.ExitCode == 0, export.Errors);

        foreach (string file in (string[])[model, state])
        {
            string output = _folder.In(Path.GetExtension(file)[1..]);
            train = await ToolProcess.Run([.. common, "--init", file, "--output", output]);
            Assert.True(train.ExitCode == 0, train.Errors);
            Assert.Contains($"From '{file}': the backbone, the add-on layers, 6 prototypes of 3 of 3 classes and the last layer.", train.Output,
                StringComparison.Ordinal);
            using ModelFile first = ModelFile.Open(model), second = ModelFile.Open(Path.Combine(output, "model.zip"));
            NetworkArchitecture before = first.Network.Inside().Architecture, after = second.Network.Inside().Architecture;
            Assert.Equal(before with { PrototypeClasses = [] }, after with { PrototypeClasses = [] });
            Assert.Equal(
                first.Network.Prototypes.Select(p => (p.Source!.ImageId, p.Source.CellRow, p.Source.CellColumn)),
                second.Network.Prototypes.Select(p => (p.Source!.ImageId, p.Source.CellRow, p.Source.CellColumn)));

            train = await ToolProcess.Run([.. common, "--init", file, "--backbone", "vgg11", "--output", _folder.In("other")]);
            Assert.Equal(1, train.ExitCode);
            Assert.Equal(
                $"error: The earlier model '{file}' has the backbone ResNet18, which cannot start Vgg11. Choose the backbone of the earlier model.",
                train.Errors.Trim());
            Assert.False(Directory.Exists(_folder.In("other")));
        }
    }

    [Fact]
    public async Task From_a_classifier_without_prototypes_the_tool_takes_backbone_stages_and_image_size()
    {
        string data = _folder.In("birds"), pooled = _folder.In("pooled.zip"), schedule = _folder.Write(
            "schedule.json", (TrainingSchedule.Default with { Phases = [new Projection(), new LastLayerFit(1e-3)] }).ToJson());
        ProceduralBirds.Write(data, new BirdOptions { Species = 2, TrainPerSpecies = 4, TestPerSpecies = 2, Size = 48, Seed = 1 });
        using (var transformer = SmallModel.Transformer(SmallModel.Pooled())) new MLContext(1).Model.Save(transformer, null, pooled);
        ToolProcess train = await ToolProcess.Run("train", "--dataset", "birds", "--data", data, "--schedule", schedule, "--validation", "0", "--init", pooled,
            "--prototypes-per-class", "2", "--depth", "8", "--output", _folder.In("model"));
        Assert.True(train.ExitCode == 0, train.Errors);
        Assert.Contains($"From '{pooled}': the backbone. It has no prototypes; the add-on layers and all prototypes start anew.", train.Output, StringComparison.Ordinal);
        using ModelFile model = ModelFile.Open(_folder.In("model/model.zip"));
        NetworkArchitecture architecture = model.Network.Inside().Architecture;
        Assert.Equal((Backbone.ResNet18, 1, SmallModel.Size), (architecture.Backbone, architecture.Stages, architecture.ImageSize));
    }
}
