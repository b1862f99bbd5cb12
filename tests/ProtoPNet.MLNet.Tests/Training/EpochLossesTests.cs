using ProtoPNet.MLNet.Tests.Network;
using ProtoPNet.MLNet.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Training;

public sealed class EpochLossesTests
{
    [Fact]
    public void Steps_are_kept_in_order_however_many_they_are()
    {
        using DisposeScope scope = NewDisposeScope();
        using EpochLosses losses = new();
        Assert.Null(losses.All());
        for (int step = 0; step < 3000; step++) losses.Add(Step(step));
        losses.Add(cat([Step(3000), Step(3001)]));
        Assert.Equal(3002, losses.Count);
        Assert.Equal([3002, EpochLosses.Parts], losses.All()!.shape);
        Assert.Equal([.. Enumerable.Range(0, 3002).Select(step => (float)step)], losses.All()!.select(1, 7).contiguous().Floats());
        Assert.Equal(3001 * 3002 / 2 / 3002.0, losses.Mean(3002).Accuracy, 1e-2);
    }

    [Fact]
    public void No_tensor_stays_behind_for_each_step()
    {
        using EpochLosses losses = new();
        using (NewDisposeScope()) losses.Add(Step(0));
        using DisposeScope scope = NewDisposeScope();
        long before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        for (int step = 0; step < 100; step++)
            using (NewDisposeScope()) losses.Add(Step(step));
        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void The_first_step_that_is_not_finite_is_found_and_an_epoch_starts_anew()
    {
        using DisposeScope scope = NewDisposeScope();
        using EpochLosses losses = new();
        foreach (float value in new[] { 1, 2, float.NaN, 4, float.PositiveInfinity }) losses.Add(Step(value));
        Assert.Equal(2, losses.FirstNonFinite());
        losses.Clear();
        Assert.Equal(0, losses.Count);
        Assert.Null(losses.All());
        losses.Add(Step(5));
        Assert.Null(losses.FirstNonFinite());
        Assert.Equal([5f, 5, 5, 5, 5, 5, 5, 5], losses.All()!.Floats());
    }

    private static Tensor Step(float value) => full([EpochLosses.Parts], value);
}
