using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Layers;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Tests.Training;
using ProtoPNet.MLNet.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Network;

/// <summary>TF32 is a switch of the whole process: no test that runs a network may run beside these.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>TF32 as a GPU would compute it, by rounding on the CPU: what convolutions take in, wherever the switch is on.</summary>
[Collection(nameof(Alone))]
public sealed class FullPrecisionTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly TrainingImages _images = SmallRun.Pictures(heldOut: 0);
    private readonly bool _before = backends.cudnn.allow_tf32;
    private readonly TrainingSession _session;

    public FullPrecisionTests()
    {
        backends.cudnn.allow_tf32 = true;
        _session = new(
            new(SmallRun.Small with { Stages = 3 }, new DeterministicRandom(3)), _images,
            new TrainingSettings(TrainingSchedule.Default, 1, CPU, 0, _ => { }, () => { }, default));
        _session.Network.eval();
        _session.Projected = Projector.Run(
            _session.Network, _session.Inference.Of, _session.Whole(_images.Training).InOrder(0, default), distinct: false);
    }

    public void Dispose()
    {
        _session.Dispose();
        _images.Dispose();
        backends.cudnn.allow_tf32 = _before;
        _scope.Dispose();
    }

    [Fact]
    public void Rounded_to_tf32_prototypes_would_not_be_their_patches()
    {
        Round(() => true);
        Assert.True(ProjectionCheck.Measure(_session).Max() > ProjectionCheck.Tolerance);
    }

    [Fact]
    public void Prototypes_are_placed_and_checked_in_full_precision()
    {
        Round(() => backends.cudnn.allow_tf32);
        Assert.All(ProjectionCheck.Measure(_session), d => Assert.InRange(d, 0, ProjectionCheck.Tolerance));
    }

    [Fact]
    public void Evaluation_turns_tf32_off_and_training_leaves_it_as_it_is()
    {
        var asked = new List<bool>();
        Round(() => { asked.Add(backends.cudnn.allow_tf32); return false; });
        Tensor images = randn([2, 3, SmallRun.Side, SmallRun.Side], generator: new Generator(1));
        _session.Network.call(images);
        Assert.NotEmpty(asked);
        Assert.DoesNotContain(true, asked);
        asked.Clear();
        _session.Network.Train(follow: false);
        _session.Network.call(images);
        Assert.NotEmpty(asked);
        Assert.DoesNotContain(false, asked);
    }

    [Fact]
    public void Of_overlapping_scopes_the_last_turns_tf32_on_again()
    {
        using (FullPrecision.Enter())
        {
            using (FullPrecision.Enter()) Assert.False(backends.cudnn.allow_tf32);
            Assert.False(backends.cudnn.allow_tf32);
        }
        Assert.True(backends.cudnn.allow_tf32);
        backends.cudnn.allow_tf32 = false;
        using (FullPrecision.Enter()) Assert.False(backends.cudnn.allow_tf32);
        Assert.False(backends.cudnn.allow_tf32);
    }

    /// <summary>Rounds to the nearest number of 11 significant bits what every convolution takes in, where <paramref name="when"/> says so.</summary>
    private void Round(Func<bool> when)
    {
        foreach (ConvolutionLayer layer in _session.Network.modules().OfType<ConvolutionLayer>())
            layer.register_forward_pre_hook((_, input) => when() ? Rounded(input) : input);
    }

    private static Tensor Rounded(Tensor input)
    {
        float[] numbers = input.Floats();
        foreach (ref float number in numbers.AsSpan())
            number = BitConverter.UInt32BitsToSingle((BitConverter.SingleToUInt32Bits(number) + 0x1000) & 0xFFFFE000);
        return tensor(numbers).reshape(input.shape);
    }
}
