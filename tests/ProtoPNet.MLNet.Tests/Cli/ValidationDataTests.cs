using System.CommandLine;
using ProtoPNet.Cli.Measures;
using ProtoPNet.Cli.Verbs;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Cli;

/// <summary><c>train --validation-data</c>.</summary>
public sealed class ValidationDataTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ValidationDataTests()
    {
        ImageDataset birds = ProceduralBirds.Write(
            _folder.In("birds"), new BirdOptions { Species = 2, TrainPerSpecies = 6, TestPerSpecies = 2, Size = 48, Seed = 1 });
        foreach (ImageRecord bird in birds.Test)
            _folder.Write(Path.Combine("held", bird.Label, Path.GetFileName(bird.ImagePath)), File.ReadAllBytes(birds.PathOf(bird)));
        _folder.Write("schedule.json", (TrainingSchedule.Default with
        {
            Phases = [new Joint(1) { BatchSize = 8 }, new Projection(), new LastLayerFit(1e-3)],
        }).ToJson());
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Its_losses_and_accuracies_are_in_the_figures_of_each_epoch()
    {
        await Train(_folder.In("held"));
        string[] lines = await File.ReadAllLinesAsync(Path.Combine(_folder.In("out"), "metrics.csv"), TestContext.Current.CancellationToken);
        Dictionary<string, string> first = lines[0].Split(',').Zip(lines[1].Split(',')).ToDictionary(c => c.First, c => c.Second);
        foreach (string column in (string[])["validation_accuracy", "validation_loss", "validation_cross_entropy"])
            Assert.True(double.Parse(first[column], System.Globalization.CultureInfo.InvariantCulture) >= 0);
        TrainingMetrics metrics = TrainingMetrics.FromJson(await File.ReadAllTextAsync(
            Path.Combine(_folder.In("out"), "metrics.json"), TestContext.Current.CancellationToken))!;
        Assert.Equal(12, metrics.TrainImages); // those of --validation-data are not among them
        Assert.Contains("loss, held-out images", await File.ReadAllTextAsync(
            Path.Combine(_folder.In("out"), "training.html"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Classes_that_are_not_trained_and_splits_are_refused_before_anything_is_read()
    {
        Directory.Move(Directory.GetDirectories(_folder.In("held"))[0], _folder.In("held", "Dodo"));
        Assert.Contains("has photographs of classes that are not trained: 'Dodo'", await Refused(_folder.In("held")));
        Directory.Move(_folder.In("held"), _folder.In("moved"));
        Directory.CreateDirectory(_folder.In("split"));
        Directory.Move(_folder.In("moved"), _folder.In("split", "train"));
        _folder.Write(Path.Combine("split", "test", "Dodo", "bird.png"), "a picture, as far as anybody has looked");
        Assert.Contains("is split into training and test photographs", await Refused(_folder.In("split")));
        Assert.False(Directory.Exists(Path.Combine(_folder.In("out"), "checkpoint")));
    }

    private async Task<string> Refused(string validation)
        => (await Assert.ThrowsAnyAsync<ArgumentException>(() => Train(validation))).Message;

    private async Task Train(string validation) => Assert.Equal(0, await TrainVerb.Create().Parse(
    [
        "--dataset", "birds", "--data", _folder.In("birds"), "--stages", "1", "--image-size", "48", "--prototypes-per-class", "2", "--depth", "8",
        "--schedule", _folder.In("schedule.json"), "--validation-data", validation, "--output", _folder.In("out"),
    ]).InvokeAsync(new() { EnableDefaultExceptionHandler = false }, TestContext.Current.CancellationToken));
}
