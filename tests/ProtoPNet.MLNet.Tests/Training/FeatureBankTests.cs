using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Tests.Network;
using ProtoPNet.MLNet.Training;
using ProtoPNet.MLNet.Training.Features;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>Kept features: their range, their places, and what becomes of files of earlier runs.</summary>
public sealed class FeatureBankTests : IDisposable
{
    private const int Stages = 2, ViewsPerImage = 3;
    private static readonly NetworkArchitecture Small = SmallRun.Small with { Stages = Stages };

    private readonly TrainingImages _images = SmallRun.Pictures();
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private FeatureLimits Kept => new(0, 1 << 28, _folder.Path) { KeptFolder = Path.Combine(_folder.Path, "kept") };

    private static int Row => FeatureCode.Half.RowBytes(128 * 4 * 4);

    public void Dispose()
    {
        _images.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1e6)]
    [InlineData(1e12)]
    public void Features_of_any_size_are_kept_to_half_precision(double size)
    {
        using TestTraining session = Session(new(1 << 28, 0, ""));
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        session.State.Network.Features.get_parameter("conv1.weight")!.mul_((float)size);
        session.State.Network.eval();
        RenderedBatches views = session.Views.Augmented(2, 4);
        using FeatureBank bank = session.Keeper.Bank(
            session.State.Network, session.Evaluation.Features, 1, new(views.Requests(0), FeatureCode.Half));
        bank.Fill(_ => { });

        float[][] exact = [.. views.InOrder(0, Cancel).SelectMany(b => Rows(session.Evaluation.Features.Run(b.Inputs, 0, 1)))];
        float[][] kept = [.. bank.Read([.. Enumerable.Range(0, bank.Count)], 4).SelectMany(Rows)];
        if (size > 1e3) Assert.True(exact.Max(row => row.Max()) > 65504);
        Assert.All(exact.Zip(kept), rows => Assert.All(rows.First.Zip(rows.Second), pair
            => Assert.True(Math.Abs(pair.First - pair.Second) <= Math.ScaleB(pair.First, -11) + Math.ScaleB(rows.First.Max(), -24))));

        static IEnumerable<float[]> Rows(Tensor features) => features.Floats().Chunk((int)(features.numel() / features.shape[0])).ToArray();
    }

    public static TheoryData<long, long> Limits => new()
    {
        { 1 << 28, 0 }, // in memory
        { 0, 1 << 28 }, // in a file
        { 10 * Row, 1 << 28 }, // in both
        { 10 * Row, 9 * RowFile.Stride(Row) }, // as many as fit
        { 0, 0 }, // computed again
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public void The_numbers_do_not_depend_on_where_they_are_kept(long memory, long disk)
    {
        (float[] expected, _) = Read(new(1 << 28, 0, ""));
        (float[] first, float[] again) = Read(new(memory, disk, _folder.Path));
        Assert.Equal(expected, first);
        Assert.Equal(expected, again);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void What_does_not_fit_is_said_with_numbers()
    {
        int views = _images.Training.Length * ViewsPerImage;
        using (TestTraining enough = Session(new(10 * Row, (views - 10) * RowFile.Stride(Row), _folder.Path)))
        using (FeatureBank bank = Bank(enough))
        {
            bank.Fill(_ => { });
            Assert.Null(bank.Shortage());
        }

        using (TestTraining tooLittle = Session(new(10 * Row, (views - 11) * RowFile.Stride(Row), _folder.Path)))
        using (FeatureBank bank = Bank(tooLittle))
        {
            bank.Fill(_ => { });
            Assert.Contains($"the features of 1 of {views} views", bank.Shortage());
            Assert.Contains("FeatureDiskMB", bank.Shortage());
        }
    }

    [Fact]
    public void Kept_files_serve_later_runs_without_computing_anything()
    {
        (float[] expected, _) = Read(Kept);
        string file = Assert.Single(Directory.GetFiles(Kept.KeptFolder!));
        using TestTraining session = Session(Kept);
        using FeatureBank bank = Bank(session);
        Assert.Null(bank.Shortage()); // before it is filled
        Assert.Equal(expected, All(bank));
        Assert.Equal(_images.Training.Length * ViewsPerImage * RowFile.Stride(Row), new FileInfo(file).Length);
    }

    [Fact]
    public void A_file_is_not_reused_for_other_weights_pixels_or_views()
    {
        Read(Kept);
        using (TestTraining otherWeights = Session(Kept))
        {
            using (no_grad()) otherWeights.State.Network.Features.get_parameter("conv1.weight")!.mul_(2);
            using FeatureBank bank = Bank(otherWeights);
            Assert.NotNull(bank.Shortage());
        }
        using (TestTraining otherViews = Session(Kept))
        using (FeatureBank bank = Bank(otherViews, epoch: 1)) Assert.NotNull(bank.Shortage());
        using (TestTraining otherNoise = Session(Kept))
            foreach (PixelNoise noise in (PixelNoise[])[new(1, 0.2), new(2, 0.2), new(1, 0.3), new(1, 0.2, 0.25)])
            {
                using FeatureBank bank = Bank(otherNoise, noise: noise);
                Assert.NotNull(bank.Shortage());
            }
        using TrainingImages repainted = SmallRun.Pictures(repaint: 7);
        using (TestTraining otherPixels = new(Network(), Context(repainted, Kept)))
        using (FeatureBank bank = Bank(otherPixels)) Assert.NotNull(bank.Shortage());
        Assert.Equal(8, Directory.GetFiles(Kept.KeptFolder!).Length);
    }

    [Theory]
    [InlineData("truncated")]
    [InlineData("flipped")]
    [InlineData("foreign")]
    [InlineData("empty")]
    public void Damaged_files_are_computed_again(string damage)
    {
        (float[] expected, _) = Read(Kept);
        string file = Assert.Single(Directory.GetFiles(Kept.KeptFolder!));
        byte[] bytes = File.ReadAllBytes(file);
        long at = 5 * RowFile.Stride(Row) + 100;
        File.WriteAllBytes(file, damage switch
        {
            "truncated" => bytes[..(int)at],
            "flipped" => [.. bytes.Select((b, i) => i == at ? (byte)(b ^ 1) : b)],
            "foreign" => [.. Enumerable.Range(0, bytes.Length).Select(i => (byte)i)],
            _ => [],
        });
        using (TestTraining session = Session(Kept))
        using (FeatureBank bank = Bank(session))
        {
            int missing = damage switch
            {
                "truncated" => bank.Count - 5,
                "flipped" => 1,
                _ => bank.Count,
            };
            Assert.Contains($"the features of {missing} of {bank.Count} views", bank.Shortage());
            bank.Fill(_ => { });
            Assert.Null(bank.Shortage());
            Assert.Equal(expected, All(bank));
        }
        Assert.Equal(bytes, File.ReadAllBytes(file));
    }

    [Fact]
    public void A_killed_run_leaves_the_rows_that_it_had_finished()
    {
        string path = Path.Combine(_folder.Path, "rows");
        using (RowFile file = RowFile.Kept(path, 4, 3, salt: 7)) file.Put(1, [1, 2, 3]);
        using (FileStream torn = new(path, FileMode.Open)) torn.SetLength(torn.Length + 5); // the next row was being written
        using RowFile found = RowFile.Kept(path, 4, 3, salt: 7);
        Assert.Equal([false, true, false, false], Enumerable.Range(0, 4).Select(found.Has));
    }

    [Fact]
    public void A_file_in_use_by_another_run_is_left_alone()
    {
        using TestTraining one = Session(Kept), other = Session(Kept);
        using FeatureBank first = Bank(one), second = Bank(other);
        first.Fill(_ => { });
        second.Fill(_ => { });
        Assert.Equal(All(first), All(second));
        Assert.Single(Directory.GetFiles(Kept.KeptFolder!));
    }

    [Fact]
    public void Files_not_used_for_longest_make_room()
    {
        long size = _images.Training.Length * ViewsPerImage * RowFile.Stride(Row);
        FeatureLimits two = Kept with { DiskBytes = 2 * size };
        string[] Files() => [.. Directory.GetFiles(two.KeptFolder!).Order(StringComparer.Ordinal)];
        List<string> made = [];
        for (int epoch = 0; epoch < 3; epoch++)
        {
            using TestTraining session = Session(two);
            using FeatureBank bank = Bank(session, epoch);
            bank.Fill(_ => { });
            made.Add(Files().Except(made).Single());
            File.SetLastWriteTimeUtc(made[^1], DateTime.UtcNow.AddHours(epoch - 5));
        }
        Assert.Equal(made[1..].Order(StringComparer.Ordinal), Files());
    }

    [Fact]
    public void A_full_disk_does_not_end_training()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has a device that is always full.");
        using var store = new RowStore(3, new(new(0, 1), new(1, 2)), RowFile.Kept("/dev/full", 2, 3, 0), () => { });
        for (int row = 0; row < 3; row++) store.Put(row, [1, 2, 3]);
        Assert.Equal([true, false, false], Enumerable.Range(0, 3).Select(store.Has));
        Assert.NotNull(store.Failure);
    }

    private (float[] First, float[] Again) Read(FeatureLimits limits)
    {
        using TestTraining session = Session(limits);
        using FeatureBank bank = Bank(session);
        bank.Fill(_ => { });
        return (All(bank), All(bank));
    }

    private static float[] All(FeatureBank bank)
    {
        using DisposeScope scope = NewDisposeScope();
        // In another order and other batches than they were computed in.
        return [.. bank.Read([.. Enumerable.Range(0, bank.Count).Reverse()], 5).SelectMany(features => features.Floats())];
    }

    private static FeatureBank Bank(TestTraining session, int epoch = 0, PixelNoise? noise = null)
    {
        session.State.Network.eval();
        ViewRequest[] views = session.Views.Augmented(ViewsPerImage, 6).Requests(epoch);
        if (noise is { } added) views = [.. views.Select(request => request with { View = request.View.With(added) })];
        return session.Keeper.Bank(session.State.Network, session.Evaluation.Features, Stages, new(views, FeatureCode.Half) { Later = true });
    }

    private TestTraining Session(FeatureLimits limits) => new(Network(), Context(_images, limits));

    private static TrainingContext Context(TrainingImages images, FeatureLimits limits)
        => new(TrainingSchedule.Default, images, 1, CPU) { Features = limits, Cancellation = Cancel };

    private static ProtoPNetNetwork Network() => new(Small, new DeterministicRandom(3));
}
