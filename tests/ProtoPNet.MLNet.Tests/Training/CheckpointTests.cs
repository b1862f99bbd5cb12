using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Tests.Weights;
using ProtoPNet.MLNet.Training;
using ProtoPNet.MLNet.Training.Checkpoints;
using Xunit;
using static ProtoPNet.MLNet.Tests.Training.SmallRun;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>Stopping and resuming runs, and the checkpoint files.</summary>
public sealed class CheckpointTests : IDisposable
{
    /// <summary>One phase of every kind, two if the kind's optimiser is reused.</summary>
    private static readonly TrainingSchedule Everything = TrainingSchedule.Default with
    {
        Loss = TrainingSchedule.Default.Loss with { Pooled = 0.5 },
        Phases =
        [
            new WarmUp(2) { Views = 2, BatchSize = 7, Decay = new RateDecay.Cosine() },
            new Joint(2) { BatchSize = 4, Decay = new RateDecay.Step(1, 0.5) },
            new Projection(), new PrototypePruning(3, 3), new SteppedLastLayer(2) { BatchSize = 6 },
            new LastLayerFit(1e-2) { OwnClass = new OwnClassPenalty.Sparse(0.05) },
            new Joint(2) { BatchSize = 4, FrozenStages = 1, Decay = new RateDecay.Step(1, 0.5) }, new WarmUp(1) { BatchSize = 4 },
            new Projection { Distinct = true }, new AnchoredTuning(2) { Views = 2, BatchSize = 7 }, new Projection { Distinct = true },
            new LastLayerFit(1e-3) { Views = 2, Choice = new L1Choice.ByValidation(1e-2, 1e-3, 3), OwnClassChoice = new(0.3, 0.03, 2) },
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
    [InlineData(BatchNormMode.Frozen)]
    [InlineData(BatchNormMode.Drift)]
    public void A_repeatedly_cancelled_run_ends_with_the_same_model_and_metrics(BatchNormMode batchNorm)
    {
        TrainingSchedule schedule = Everything with { BatchNorm = batchNorm };
        Outcome straight = Train(_images, schedule, null, stages: 2)!;
        Outcome? resumed = null;
        int runs = 0;
        for (int cancelAt = 10; resumed is null; cancelAt += 3, runs++) resumed = Train(_images, schedule, _folder.Path, cancelAt, stages: 2);
        Assert.InRange(runs, 4, 1000);
        Assert.Equal(straight.Weights, resumed.Weights);
        Assert.Equal(straight.Places, resumed.Places);
        Assert.Equal(straight.Epochs, resumed.Epochs);
        Assert.Equal(straight.Path, resumed.Path);
        Assert.Contains("prototypes remain", straight.Path, StringComparison.Ordinal);
        Assert.Equal(schedule.Phases.OfType<GradientPhase>().Sum(p => p.Epochs) + 2, resumed.Epochs.Count);
    }

    [Fact]
    public void A_finished_run_returns_its_model_at_once()
    {
        Outcome first = Train(_images, Everything, _folder.Path)!;
        TrainingCheckpoint kept = TrainingCheckpoint.In(_folder.Path)!;
        Assert.True(kept.IsFinished);
        Assert.Equal("all phases done", kept.Place);
        Assert.True(kept.Elapsed > TimeSpan.Zero);
        Assert.Equal(first.Weights, Train(_images, Everything, _folder.Path, cancelAt: 1)!.Weights);
        TrainingCheckpoint.Remove(_folder.Path);
        Assert.Null(TrainingCheckpoint.In(_folder.Path));
        Directory.CreateDirectory(_folder.Path);
    }

    [Fact]
    public void Other_options_are_refused_with_their_names_and_both_values()
    {
        Train(_images, Everything, _folder.Path, cancelAt: 30);
        TrainingSchedule other = Everything with
        {
            Phases = [new WarmUp(3) { Views = 2, BatchSize = 7, Decay = new RateDecay.Cosine() }, .. Everything.Phases.Skip(1)],
        };
        CheckpointException refused = Assert.Throws<CheckpointException>(() => Train(_images, other, _folder.Path));
        Assert.Equal(new CheckpointDifference("Schedule.phases[0].epochs", "2", "3"), Assert.Single(refused.Differences));
        Assert.Contains("Schedule.phases[0].epochs: 2 in the checkpoint, 3 now", refused.Message);
        Assert.Equal(TrainingCheckpoint.PathIn(_folder.Path), refused.Path);
    }

    [Fact]
    public void Other_images_are_refused_with_their_names()
    {
        Train(_images, Everything, _folder.Path, cancelAt: 30);
        using TrainingImages repainted = Pictures(repaint: 4);
        CheckpointException refused = Assert.Throws<CheckpointException>(() => Train(repainted, Everything, _folder.Path));
        CheckpointDifference one = Assert.Single(refused.Differences);
        Assert.Equal("image 5", one.Name);
        Assert.StartsWith("'bird 4', class 1, 32×32 pixels ", one.Now);
        Assert.NotEqual(one.InCheckpoint, one.Now);

        using TrainingImages fewer = Pictures(count: Classes * PerClass - 1);
        refused = Assert.Throws<CheckpointException>(() => Train(fewer, Everything, _folder.Path));
        Assert.Equal(new CheckpointDifference("images", "15", "14"), refused.Differences[0]);
    }

    [Fact]
    public void A_finished_checkpoint_from_a_different_run_is_replaced()
    {
        TrainingSchedule quick = TrainingSchedule.Default with { Phases = [new Projection(), new LastLayerFit(1e-3)] };
        Train(_images, quick, _folder.Path);
        Assert.Null(Train(_images, Everything, _folder.Path, cancelAt: 20));
        Assert.False(TrainingCheckpoint.In(_folder.Path)!.IsFinished);
    }

    [Fact]
    public void Truncated_files_are_refused()
    {
        Train(_images, Everything, _folder.Path, cancelAt: 40);
        string path = TrainingCheckpoint.PathIn(_folder.Path);
        byte[] whole = File.ReadAllBytes(path);
        for (int part = 0; part < 20; part++)
        {
            File.WriteAllBytes(path, whole[..(int)((long)whole.Length * part / 20)]);
            CheckpointException refused = Assert.Throws<CheckpointException>(() => Train(_images, Everything, _folder.Path));
            Assert.Equal(path, refused.Path);
            Assert.Empty(refused.Differences);
        }
    }

    [Fact]
    public void Mutated_files_are_read_as_they_were_or_refused()
    {
        Train(_images, Everything, _folder.Path, cancelAt: 40);
        string path = TrainingCheckpoint.PathIn(_folder.Path);
        byte[] whole = File.ReadAllBytes(path);
        long header = BitConverter.ToInt64(whole);
        int refused = 0;
        for (int seed = 0; seed < 100; seed++)
        {
            // Half of them in the most sensitive places: the description and the table of contents.
            byte[] mutated = seed % 2 == 0
                ? Mutator.Mutate(whole, seed)
                : [.. Mutator.Mutate(whole[..(int)(8 + header)], seed), .. whole[(int)(8 + header)..]];
            File.WriteAllBytes(path, mutated);
            try
            {
                Train(_images, Everything, _folder.Path, cancelAt: 1);
            }
            catch (CheckpointException e)
            {
                Assert.Equal(path, e.Path);
                refused++;
            }
        }
        Assert.InRange(refused, 75, 100);
    }

    [Fact]
    public void A_killed_writer_leaves_the_previous_checkpoint()
    {
        Train(_images, Everything, _folder.Path, cancelAt: 40);
        TrainingCheckpoint before = TrainingCheckpoint.In(_folder.Path)!;
        File.WriteAllText($"{before.Path}.{Guid.NewGuid():N}.tmp", "half a checkp");
        Assert.Equal(before, TrainingCheckpoint.In(_folder.Path));
        using (HeldFolder.Take(_folder.Path)) Assert.NotNull(Train(_images, Everything, _folder.Path));
        Assert.Equal([before.Path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_full_disk_in_the_middle_of_training_is_a_warning()
    {
        List<string> warnings = [];
        int alive = 0;
        Outcome? trained = Train(_images, Everything, _folder.Path, every: TimeSpan.Zero, warn: warnings.Add, eachStep: () =>
        {
            // A file cannot be a folder.
            if (++alive != 30) return;
            Directory.Delete(_folder.Path, recursive: true);
            File.WriteAllText(_folder.Path, "");
        });
        File.Delete(_folder.Path);
        Directory.CreateDirectory(_folder.Path);
        Assert.NotNull(trained);
        Assert.NotEmpty(warnings);
        Assert.All(warnings, w => Assert.Contains("Training continues", w));
        File.WriteAllText(_folder.In("file"), "");
        Assert.ThrowsAny<IOException>(() => Train(_images, Everything, _folder.In("file")));
    }

    [Fact]
    public void A_loss_that_is_not_finite_stops_with_the_images_and_the_last_good_checkpoint()
    {
        TrainingSchedule wild = TrainingSchedule.Default with
        {
            BatchNorm = BatchNormMode.Follow,
            Phases =
            [
                new Joint(2) { BatchSize = 4, AddOnRate = 1e-4 }, new Joint(5) { BatchSize = 4, BackboneRate = 1e30, AddOnRate = 1e30 },
                new Projection(),
            ],
        };
        InvalidOperationException stopped = Assert.Throws<InvalidOperationException>(() => Train(_images, wild, _folder.Path));
        Assert.Matches(
            "in epoch 1 of phase 'joint' is no longer a finite number. The step's images: ('bird \\d+'(, )?){1,4}. Lower", stopped.Message);
        Assert.Contains($"The last good checkpoint is '{TrainingCheckpoint.PathIn(_folder.Path)}' (before phase 2 of 3, joint).", stopped.Message);

        // No checkpoint is ever written with such weights.
        TrainingCheckpoint.Remove(_folder.Path);
        Assert.Throws<InvalidOperationException>(() => Train(_images, wild, _folder.Path, every: TimeSpan.Zero));
        using var scope = NewDisposeScope();
        using CheckpointFile kept = CheckpointFile.Open(TrainingCheckpoint.PathIn(_folder.Path));
        Assert.All(
            kept.Tensors.Where(t => t.Name.StartsWith(StateTensors.Network)),
            t => Assert.True(kept.Load(t.Name).isfinite().all().item<bool>()));
    }

    [Fact]
    public void No_tensor_leaks_from_epoch_to_epoch()
    {
        TrainingSchedule schedule = TrainingSchedule.Default with { Phases = [new Joint(6) { BatchSize = 4 }, new Projection()] };
        List<long> living = [];
        Train(_images, schedule, _folder.Path, every: TimeSpan.Zero, progress: p =>
        {
            if (p.Metrics is not null) living.Add(TorchSharp.DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        });
        Assert.Equal(6, living.Count);
        Assert.Single(living.Skip(1).Distinct());
    }

    [Fact]
    public void Progress_at_the_end_of_an_epoch_has_all_phases_and_epochs()
    {
        List<TrainingProgress> told = [];
        Train(_images, Everything, null, progress: p =>
        {
            if (p.Metrics is not null) told.Add(p);
        });
        Assert.Equal(Enumerable.Range(1, 11), told.Select(p => p.History.Sum(h => h.Epochs.Count)));
        Assert.Equal(told.Select(p => p.Metrics), told[^1].History.SelectMany(h => h.Epochs));
        string[] lines = told[^1].History.ToCsv().TrimEnd('\n').Split('\n');
        Assert.Equal(1 + 11, lines.Length);
        Assert.All(lines, line => Assert.Equal(lines[0].Count(c => c == ','), line.Count(c => c == ',')));
        Assert.StartsWith("10,anchored tuning,2,", lines[^1]);
        Assert.Equal([0.003, 0.003 * 0.5 * (1 + Math.Cos(Math.PI / 2))], told.Take(2).Select(p => p.Metrics!.Rates!.AddOn!.Value));
        Assert.Equal([1e-4, 0.5e-4], told.Skip(2).Take(2).Select(p => p.Metrics!.Rates!.Backbone!.Value));
        Assert.All(told, p => Assert.True(p.Metrics is { Seconds: > 0, ImagesPerSecond: > 0 }));

        string page = told[^1].Html("birds");
        Assert.Contains("Still training: phase 10 of 12, anchored tuning, epoch 2 of 2 done;", page);
        Assert.Contains("<meta http-equiv=\"refresh\" content=\"10\">", page);
    }

    [Fact]
    public void Stages_frozen_after_training_do_not_change()
    {
        float[]? before = null;
        TrainingSchedule schedule = TrainingSchedule.Default with
        {
            Phases = [new Joint(1) { BatchSize = 4 }, new Joint(2) { BatchSize = 4, FrozenStages = 1 }, new Projection()],
        };
        Train(_images, schedule, null, stages: 2, phaseEnded: (session, _) =>
        {
            float[] first = [.. session.Network.Features.StageParameters(1).SelectMany(p => p.data<float>())];
            if (session.Ended.Count == 1) Assert.Equal(before!, first);
            before = first;
        });
        Assert.NotNull(before);
    }

    [Fact]
    public void Every_option_is_compared_unless_the_model_does_not_depend_on_it()
    {
        ProtoPNetTrainer.Options options = new();
        IReadOnlyDictionary<string, string> all = options.Fingerprint(7, ["Robin", "Wren"]);
        Assert.All(typeof(ProtoPNetTrainer.Options).GetFields(), f =>
            Assert.True(
                ProtoPNetTrainer.Options.Indifferent.Contains(f.Name) != all.Keys.Any(k => k == f.Name || k.StartsWith(f.Name + ".")), f.Name));
        Assert.Equal(("7", "Robin", "ResNet18"), (all["Seed"], all["class 1"], all["Backbone"]));
        options.Schedule = options.ScheduleFor(2) with { Loss = options.ScheduleFor(2).Loss with { Cluster = 0.7 } };
        (options.PrototypeDepth, options.FeatureCacheMB, options.FeatureCacheFolder) = (64, 0, "kept");
        Assert.Equal(
            ["PrototypeDepth", "Schedule.loss.cluster"],
            RunOptions.Differences(all, options.Fingerprint(7, ["Robin", "Wren"])).Select(d => d.Name));
    }
}
