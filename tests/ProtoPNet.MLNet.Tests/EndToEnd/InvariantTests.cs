using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Training;
using TorchSharp;
using Xunit;

namespace ProtoPNet.MLNet.Tests.EndToEnd;

/// <summary>Invariants of every <c>Fit</c>, whatever the options; see docs/architecture.md.</summary>
public sealed class InvariantTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private int _painted;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_default_schedule_trains_through_Fit_and_every_prototype_is_a_patch()
    {
        (ProtoPNetTransformer model, ImageDataset birds) = Trained(Options());
        using (model)
        {
            Assert.Equal(TrainingSchedule.Default.Phases, model.TrainingReport!.Phases.Select(p => p.Phase));
            AnalysedImage[] images = [.. birds.Train.Select(bird
                => AnalysedImage.FromFile(bird.ImagePath, null, Path.Combine(birds.Folder, bird.ImagePath)))];
            Inspection inspection = model.Inspect(images, images, TestContext.Current.CancellationToken);
            Assert.True(inspection.Passed);
            Assert.Equal(images.Length, inspection.Images);
            Assert.Equal(model.Prototypes.Count, inspection.Prototypes.Count);
        }
    }

    [Fact]
    public void Fit_leaves_global_state_alone() // alone in its process: other tests have switches of libtorch in use
        => ChildProcess.Run(typeof(InvariantTests), nameof(Train_and_compare_global_state));

    [Fact(Explicit = true)]
    public void Train_and_compare_global_state()
    {
        torch.random.manual_seed(12345);
        byte[] generator = [.. torch.random.get_rng_state().bytes];
        object Now() => (
            torch.get_num_threads(), torch.get_default_dtype(), torch.is_grad_enabled(), torch.backends.cudnn.allow_tf32,
            CultureInfo.CurrentCulture.Name, Environment.CurrentDirectory, Environment.GetEnvironmentVariables().Count);
        object before = Now();
        Trained(Quick()).Model.Dispose();
        Assert.Equal(before, Now());
        Assert.Equal(generator, torch.random.get_rng_state().bytes.ToArray());
    }

    [Fact]
    public void Two_threads_of_libtorch_give_the_same_model_each_time()
        => ChildProcess.Run(typeof(InvariantTests), nameof(Train_twice_on_two_threads), ("OMP_NUM_THREADS", "2"));

    [Fact(Explicit = true)]
    public void Train_twice_on_two_threads()
    {
        torch.set_num_threads(2);
        float[][][] scores = [.. Enumerable.Range(0, 2).Select(_ =>
        {
            (ProtoPNetTransformer model, ImageDataset birds) = Trained(Quick());
            using (model) return Scores(model, birds);
        })];
        Assert.Equal(2, torch.get_num_threads());
        Assert.Equal(scores[0], scores[1]);
    }

    [Fact]
    public void Four_times_the_photographs_take_no_more_memory()
    {
        long Peak(int each) => long.Parse(
            ChildProcess.Run(typeof(InvariantTests), nameof(Train_and_write_the_peak), ("PROTOPNET_TEST_EACH", $"{each}"))
                .Split("peak ", 2)[1].Split(' ', 2)[0], CultureInfo.InvariantCulture);
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The peak of a process's memory is read from /proc.");
        long few = Peak(30), many = Peak(120);
        // The additional photographs take 141 MB when decoded.
        Assert.True(many - few < 60_000_000, $"{few / 1e6:F0} MB with 60 photographs, {many / 1e6:F0} MB with 240.");
    }

    [Fact]
    public void A_full_disk_for_decoded_photographs_stops_training_and_names_the_folder()
    {
        string small = Directory.CreateDirectory(_folder.In("small")).FullName;
        Assert.SkipUnless(Started("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small), "Mounting a small disk takes Linux and its administrator.");
        try
        {
            ProtoPNetTrainer.Options options = Quick();
            options.CacheLimitMB = 0;
            IOException full = Assert.Throws<IOException>(() => Trained(options, each: 4, size: 512, temporary: small));
            Assert.Contains(small, full.Message, StringComparison.Ordinal);
        }
        finally
        {
            Started("umount", small);
        }
    }

    private static bool Started(string program, params string[] arguments)
    {
        try
        {
            using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // there is no such program
        }
    }

    [Fact(Explicit = true)]
    public void Train_and_write_the_peak()
    {
        int each = int.Parse(Environment.GetEnvironmentVariable("PROTOPNET_TEST_EACH") ?? "10", CultureInfo.InvariantCulture);
        ProtoPNetTrainer.Options options = Quick();
        options.CacheLimitMB = 4;
        Trained(options, each, size: 512).Model.Dispose();
        string line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        long kilobytes = long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
        Console.WriteLine($"peak {1024 * kilobytes} bytes");
    }

    private static ProtoPNetTrainer.Options Options() => new()
    {
        Stages = 2,
        ImageSize = 48,
        PrototypesPerClass = 2,
        PrototypeDepth = 8,
        Seed = 1,
    };

    private static ProtoPNetTrainer.Options Quick()
    {
        ProtoPNetTrainer.Options options = Options();
        options.Schedule = TrainingSchedule.Default with { Phases = [new Joint(1) { BatchSize = 8 }, new Projection(), new LastLayerFit(1e-3)] };
        return options;
    }

    private (ProtoPNetTransformer Model, ImageDataset Birds) Trained(
        ProtoPNetTrainer.Options options, int each = 6, int size = 64, string? temporary = null)
    {
        ImageDataset birds = ProceduralBirds.Write(
            _folder.In($"birds-{_painted++}"), new BirdOptions { Species = 2, TrainPerSpecies = each, TestPerSpecies = 0, Size = size });
        var ml = new MLContext(seed: 1);
        if (temporary is not null) ml.TempFilePath = temporary;
        IDataView rows = ml.Data.LoadFromEnumerable(birds.Train);
        IDataView photographs = Prepared(ml, birds, rows).Transform(rows);
        return (ml.MulticlassClassification.Trainers.ProtoPNet(options).Fit(photographs), birds);
    }

    private static float[][] Scores(ProtoPNetTransformer model, ImageDataset birds)
    {
        var ml = new MLContext(seed: 1);
        IDataView rows = ml.Data.LoadFromEnumerable(birds.Train);
        return [.. model.Transform(Prepared(ml, birds, rows).Transform(rows)).GetColumn<float[]>("Score")];
    }

    private static ITransformer Prepared(MLContext ml, ImageDataset birds, IDataView rows)
        => ml.Transforms.Conversion.MapValueToKey("Label").Append(ml.Transforms.LoadImages("Image", birds.Folder, "ImagePath")).Fit(rows);
}
