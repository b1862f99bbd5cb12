using ProtoPNet.Cli;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Cli;

public sealed class OutputFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_that_watches_the_run_and_cannot_be_written_does_not_end_it()
    {
        // A folder of the same name cannot be replaced by a file, like a file that another program holds.
        Directory.CreateDirectory(_folder.In("out", "metrics.csv", "held"));
        Directory.CreateDirectory(_folder.In("out", "checkpoint", "test-accuracy.json", "held"));
        using var folder = new OutputFolder(_folder.In("out"));
        folder.Watch(new()
        {
            Phase = 1,
            Phases = 1,
            PhaseName = "projection",
            PhaseFraction = 1,
            Elapsed = TimeSpan.FromSeconds(1),
            History = [new(new Projection(), 0, 1, null, [], null, null)],
        });
        folder.Note(new(0.5, null, null));
        Assert.True(File.Exists(_folder.In("out", "training.html")), "What can be written is.");
    }
}
