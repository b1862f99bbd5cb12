using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Layers;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Tests.Training;
using ProtoPNet.MLNet.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Network;

/// <summary>
/// Emulates a GPU's TF32 on the CPU by rounding the inputs of convolutions while the switch is on. The switch is process-wide: no test that runs a network
/// may run concurrently.
/// </summary>
[Collection(nameof(Alone))]
public sealed class FullPrecisionTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly TrainingImages _images = SmallRun.Pictures(heldOut: 0);
    private readonly bool _before = backends.cudnn.allow_tf32;
    private readonly TestTraining _training;

    public FullPrecisionTests()
    {
        backends.cudnn.allow_tf32 = true;
        _training = new(new(SmallRun.Small with { Stages = 3 }, new DeterministicRandom(3)), _images);
        _training.State.Network.eval();
        _training.State.Projected = _training.Project(distinct: false);
    }

    public void Dispose()
    {
        _training.Dispose();
        _images.Dispose();
        backends.cudnn.allow_tf32 = _before;
        _scope.Dispose();
    }

    [Fact]
    public void Rounded_to_tf32_prototypes_would_not_be_their_patches()
    {
        Round(() => true);
        Assert.True(_training.Loop.Patches.Look().Distances.Max() > PatchCheck.Tolerance);
    }

    [Fact]
    public void Prototypes_are_placed_and_checked_in_full_precision()
    {
        Round(() => backends.cudnn.allow_tf32);
        Assert.All(_training.Loop.Patches.Look().Distances, d => Assert.InRange(d, 0, PatchCheck.Tolerance));
    }

    [Fact]
    public void Evaluation_turns_tf32_off_and_training_leaves_it_as_it_is()
    {
        var asked = new List<bool>();
        Round(() => { asked.Add(backends.cudnn.allow_tf32); return false; });
        Tensor images = randn([2, 3, SmallRun.Side, SmallRun.Side], generator: new Generator(1));
        _training.State.Network.call(images);
        Assert.NotEmpty(asked);
        Assert.DoesNotContain(true, asked);
        asked.Clear();
        _training.State.Network.Train(follow: false);
        _training.State.Network.call(images);
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

    /// <summary>Rounds the inputs of every convolution to 11 significant bits while <paramref name="when"/> returns true.</summary>
    private void Round(Func<bool> when)
    {
        foreach (ConvolutionLayer layer in _training.State.Network.modules().OfType<ConvolutionLayer>())
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
