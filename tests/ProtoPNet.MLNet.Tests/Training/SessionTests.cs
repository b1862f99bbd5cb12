using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Training;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>Who disposes of a network, and of the smaller one that pruning puts in its place.</summary>
public sealed class SessionTests
{
    [Fact]
    public void A_session_that_ends_in_an_error_after_pruning_frees_both_networks()
    {
        (Parameter before, Parameter after) = Pruned(session => { });
        Assert.True(before.IsInvalid);
        Assert.True(after.IsInvalid);
    }

    [Fact]
    public void A_network_that_was_handed_over_outlives_the_session()
    {
        ProtoPNetNetwork network = null!;
        (Parameter before, Parameter after) = Pruned(session => network = session.HandOver());
        Assert.True(before.IsInvalid);
        Assert.False(after.IsInvalid);
        network.Dispose();
        Assert.True(after.IsInvalid);
    }

    private static (Parameter Before, Parameter After) Pruned(Action<TrainingSession> end)
    {
        using TrainingImages images = SmallRun.Pictures();
        using var session = new TrainingSession(
            new ProtoPNetNetwork(SmallRun.Small, new DeterministicRandom(3)), images,
            new TrainingSettings(TrainingSchedule.Default, 1, CPU, 0, _ => { }, () => { }, default));
        Parameter before = session.Network.PrototypeVectors;
        session.Replace(session.Network.Without([0]), []);
        Parameter after = session.Network.PrototypeVectors;
        end(session);
        return (before, after);
    }
}
