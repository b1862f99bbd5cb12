using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Training;
using ProtoPNet.MLNet.Training.Features;
using Xunit;
using static ProtoPNet.MLNet.Tests.Training.SmallRun;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>Whole runs whose features are kept in different places, stopped, resumed and repeated.</summary>
public sealed class FeaturePlacesTests : IDisposable
{
    private static readonly TrainingSchedule Schedule = TrainingSchedule.Default with
    {
        Phases =
        [
            new WarmUp(2) { Views = 2, BatchSize = 7 }, new Joint(2) { Views = 2, BatchSize = 4, FrozenStages = 1 },
            new Projection(), new AnchoredTuning(2) { Views = 2, BatchSize = 7 }, new Projection(),
            new LastLayerFit(1e-3) { Views = 2, Choice = new L1Choice.ByValidation(1e-2, 1e-3, 3) },
        ],
    };

    private readonly TemporaryFolder _folder = new();
    private readonly TrainingImages _images = Pictures();

    public void Dispose()
    {
        _images.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(0, 1 << 28)]
    [InlineData(100_000, 1 << 28)]
    [InlineData(100_000, 100_000)]
    [InlineData(0, 0)]
    public void The_model_does_not_depend_on_where_features_are_kept(long memory, long disk)
    {
        Outcome inMemory = Run(new(1 << 28, 0, ""));
        AssertSame(inMemory, Run(new(memory, disk, _folder.Path)));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_second_run_reads_the_files_of_the_first_and_gives_the_same_model()
    {
        FeatureLimits kept = Kept();
        Outcome first = Run(kept);
        Dictionary<string, byte[]> files = Files(kept);
        AssertSame(first, Run(kept));
        Dictionary<string, byte[]> after = Files(kept);
        Assert.Equal(files.Keys.Order(StringComparer.Ordinal), after.Keys.Order(StringComparer.Ordinal));
        Assert.All(files, file => Assert.Equal(file.Value, after[file.Key]));
        AssertSame(first, Run(new(1 << 28, 0, "")));
    }

    [Fact]
    public void A_repeatedly_stopped_run_with_kept_files_gives_the_same_model()
    {
        Outcome straight = Run(new(1 << 28, 0, ""));
        string checkpoints = _folder.In("checkpoints");
        Outcome? resumed = null;
        int runs = 0;
        for (int cancelAt = 30; resumed is null; cancelAt += 20, runs++)
            resumed = Train(_images, Schedule, checkpoints, cancelAt, stages: 2, features: Kept());
        Assert.InRange(runs, 3, 1000);
        AssertSame(straight, resumed);
    }

    [Fact]
    public void A_stopped_run_leaves_no_temporary_file()
    {
        Assert.Null(Train(_images, Schedule, null, cancelAt: 70, stages: 2, features: new(0, 1 << 28, _folder.Path)));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Features_that_do_not_fit_are_logged_by_phase()
    {
        List<string> notes = [];
        Train(_images, Schedule, null, stages: 2, features: FeatureLimits.None, note: notes.Add);
        // Held-out images have features of their own in joint phases.
        Assert.Equal(["warm-up", "joint", "joint", "anchored tuning"], notes.Select(n => n.Split('\'')[1]));
        Assert.All(notes, note => Assert.Contains("computed again in every epoch", note));
        notes.Clear();
        Train(_images, Schedule, null, stages: 2, features: new(0, 1 << 28, _folder.Path), note: notes.Add);
        Assert.Empty(notes);
    }

    private FeatureLimits Kept() => new(0, 1 << 28, _folder.In("temporary")) { KeptFolder = _folder.In("kept") };

    private static Dictionary<string, byte[]> Files(FeatureLimits kept)
        => Directory.GetFiles(kept.KeptFolder!, "*.features").ToDictionary(file => file, File.ReadAllBytes);

    private Outcome Run(FeatureLimits features) => Train(_images, Schedule, null, stages: 2, features: features)!;

    private static void AssertSame(Outcome expected, Outcome actual)
    {
        Assert.Equal(expected.Weights, actual.Weights);
        Assert.Equal(expected.Places, actual.Places);
        Assert.Equal(expected.Epochs, actual.Epochs);
        Assert.Equal(expected.Path, actual.Path);
    }
}
