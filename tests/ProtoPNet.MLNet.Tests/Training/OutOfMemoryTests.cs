using System.Runtime.InteropServices;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Training;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Training;

public sealed class OutOfMemoryTests
{
    private static readonly NetworkArchitecture Small = new()
    {
        Backbone = Backbone.ResNet18,
        Stages = 1,
        PrototypeDepth = 4,
        ImageSize = 32,
        Classes = 2,
        PrototypeClasses = [0, 1],
    };

    [Fact]
    public void What_libtorch_says_of_memory_is_recognised()
    {
        // Four petabytes: more than any address space.
        ExternalException real = Assert.Throws<ExternalException>(() => ones(1).expand(1L << 50).add(1));
        Assert.True(OutOfMemory.Is(real), real.Message);
        Assert.True(OutOfMemory.Is(new ExternalException("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 7.78 GiB")));
        Assert.False(OutOfMemory.Is(Assert.Throws<ExternalException>(() => ones(2, 3).add(ones(2, 4)))));
    }

    [Fact]
    public void The_error_says_which_batch_to_try()
    {
        using ProtoPNetNetwork network = new(Small, new DeterministicRandom(1));
        ExternalException said = new("CUDA out of memory. Tried to allocate 2.00 GiB.\nException raised from malloc");
        string text = OutOfMemory.Explained(said, 30, network).Message;
        Assert.Contains("30 views of 32×32 pixels through ResNet18", text);
        Assert.Contains("BatchSize to 15", text);
        Assert.EndsWith("libtorch says: CUDA out of memory. Tried to allocate 2.00 GiB.", text);
        Assert.DoesNotContain("BatchSize", OutOfMemory.Explained(said, 1, network).Message);
    }
}
