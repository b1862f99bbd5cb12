using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Tests.Network;
using ProtoPNet.MLNet.Training;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>The range of kept features, and their memory limit.</summary>
public sealed class FeatureBankTests : IDisposable
{
    private static readonly NetworkArchitecture Small = SmallRun.Small with { Stages = 2 };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private readonly TrainingImages _images = SmallRun.Pictures();

    public void Dispose() => _images.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(1e6)]
    [InlineData(1e12)]
    public void Features_of_any_size_are_kept_to_half_precision(double size)
    {
        using TestTraining session = Session(1 << 28);
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        session.State.Network.Features.get_parameter("conv1.weight")!.mul_((float)size);
        session.State.Network.eval();
        RenderedBatches views = session.Views.Augmented(2, 4);
        using FeatureBank bank = FeatureBank.Fill(session.Context, new(session.Evaluation.Features, 1), views, 0, _ => { });

        float[][] exact = [.. views.InOrder(0, Cancel).SelectMany(b => Rows(session.Evaluation.Features.Run(b.Inputs, 0, 1)))];
        float[][] kept = [.. bank.Epoch(0, Cancel).SelectMany(b => Rows(b.Inputs))];
        if (size > 1e3) Assert.True(exact.Max(row => row.Max()) > 65504);
        // Epochs are shuffled: views are matched by their nearest features.
        Assert.All(exact, row => Assert.Contains(kept, other => row.Zip(other).All(pair
            => Math.Abs(pair.First - pair.Second) <= Math.ScaleB(pair.First, -11) + Math.ScaleB(row.Max(), -24))));

        static IEnumerable<float[]> Rows(Tensor features) => features.Floats().Chunk((int)(features.numel() / features.shape[0])).ToArray();
    }

    [Fact]
    public void Held_out_images_count_toward_the_limit_and_exceeding_it_is_logged()
    {
        long all = FeatureBank.Size(Network(), 2, _images.Training.Length * 3 + _images.Validation.Length);
        Assert.Empty(Notes(all));
        string note = Assert.Single(Notes(all - 1));
        Assert.Contains("warm-up", note);
        Assert.Contains("FeatureCacheMB", note);
        Assert.Contains("views are drawn anew in every epoch", note);
    }

    private List<string> Notes(long limit)
    {
        var notes = new List<string>();
        using TestTraining session = Session(limit, notes.Add);
        session.Loop.Run(_ => { });
        return notes;
    }

    private TestTraining Session(long limit, Action<string>? note = null)
    {
        TrainingSchedule schedule = new() { Phases = [new WarmUp(2) { Views = 3, BatchSize = 6 }, new Projection()] };
        return new(Network(), new TrainingContext(schedule, _images, 1, CPU)
        {
            FeatureBytes = limit,
            Cancellation = Cancel,
            Note = note ?? (_ => { }),
        });
    }

    private static ProtoPNetNetwork Network() => new(Small, new DeterministicRandom(3));
}
