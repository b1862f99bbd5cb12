using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Pruning;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Training;
using TorchSharp.Modules;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>Ownership of the network, and of the smaller one that replaces it in pruning.</summary>
public sealed class TrainingStateTests
{
    [Fact]
    public void A_training_that_ends_in_an_error_after_pruning_frees_both_networks()
    {
        (Parameter before, Parameter after) = Pruned(state => { });
        Assert.True(before.IsInvalid);
        Assert.True(after.IsInvalid);
    }

    [Fact]
    public void A_network_that_was_handed_over_outlives_the_training()
    {
        ProtoPNetNetwork network = null!;
        (Parameter before, Parameter after) = Pruned(state => network = state.HandOver());
        Assert.True(before.IsInvalid);
        Assert.False(after.IsInvalid);
        network.Dispose();
        Assert.True(after.IsInvalid);
    }

    private static (Parameter Before, Parameter After) Pruned(Action<TrainingState> end)
    {
        using var state = new TrainingState(new ProtoPNetNetwork(SmallRun.Small, new DeterministicRandom(3)));
        Parameter before = state.Network.PrototypeVectors;
        state.Replace(state.Network.Without([0]), []);
        Parameter after = state.Network.PrototypeVectors;
        end(state);
        return (before, after);
    }
}
