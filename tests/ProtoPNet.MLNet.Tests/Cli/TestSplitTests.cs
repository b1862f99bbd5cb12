using System.IO.Compression;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Cli;

/// <summary>The test split is measured on, and nothing else.</summary>
public sealed class TestSplitTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Other_test_photographs_give_the_same_model()
    {
        string data = _folder.In("birds"), schedule = _folder.In("schedule.json");
        ProceduralBirds.Write(data, new BirdOptions { Species = 2, TrainPerSpecies = 8, TestPerSpecies = 3, Size = 48 });
        await File.WriteAllTextAsync(schedule, (TrainingSchedule.Default with
        {
            BatchNorm = BatchNormMode.Follow,
            Phases = [new Joint(3) { BatchSize = 8, Patience = 1 }, new Projection(), new LastLayerFit { Choice = new MLNet.LastLayer.L1Choice.ByValidation(1e-2, 1e-4, 3) }],
        }).ToJson(), TestContext.Current.CancellationToken);

        Dictionary<string, byte[]> model = await Trained("first");
        string[] species = [.. Directory.GetDirectories(Path.Combine(data, "test")).Order()];
        Directory.Move(species[0], _folder.In("aside"));
        Directory.Move(species[1], species[0]);
        Directory.Move(_folder.In("aside"), species[1]); // every test label is wrong now
        Dictionary<string, byte[]> again = await Trained("second");
        Assert.Equal(model.Keys.Order(), again.Keys.Order());
        Assert.All(model, entry => Assert.Equal(entry.Value, again[entry.Key]));

        async Task<Dictionary<string, byte[]>> Trained(string output)
        {
            ToolProcess train = await ToolProcess.Run(
                "train", "--dataset", "folder", "--data", data, "--image-size", "48", "--stages", "1", "--depth", "8", "--prototypes-per-class", "2",
                "--schedule", schedule, "--validation", "0.25", "--output", _folder.In(output));
            Assert.True(train.ExitCode == 0, train.Errors);
            using ZipArchive zip = ZipFile.OpenRead(_folder.In(output, "model.zip"));
            return zip.Entries.ToDictionary(entry => entry.FullName, entry =>
            {
                using var bytes = new MemoryStream();
                using Stream stream = entry.Open();
                stream.CopyTo(bytes);
                return bytes.ToArray();
            });
        }
    }
}
