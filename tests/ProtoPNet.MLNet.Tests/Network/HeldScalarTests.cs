using ProtoPNet.MLNet.Network;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Network;

public sealed class HeldScalarTests
{
    /// <summary>Failed in six of six runs with TorchSharp's own operators in <see cref="HeldScalar"/>.</summary>
    [Fact]
    public void Numbers_survive_collections_while_they_are_used() => WhileCollecting(() =>
    {
        using Tensor two = tensor(new[] { 2f, 2, 2, 2 }), mask = tensor(new[] { true, true, true, false });
        for (int turn = 0; turn < 5_000; turn++)
        {
            using var scope = NewDisposeScope();
            Tensor seven = two.Plus(1).Times(4).Plus(two).IncreaseBy(two).Plus(-2.0).Over(2).MultiplyBy(3).Over(3);
            Assert.Equal(7, seven.data<float>()[3]);
            Tensor squares = HeldScalar.Range(5, 9, CPU).Plus(-5L).Squared();
            Assert.Equal([0, 1, 4, 9], squares.data<long>().ToArray());
            Assert.Equal([9f, 9, 9, 7], seven.Filled(mask, 9).data<float>().ToArray());
        }
    });

    [Fact]
    public void Whole_numbers_in_rows()
    {
        using var scope = NewDisposeScope();
        (Tensor row, Tensor place) = HeldScalar.Range(0, 7, CPU).InRowsOf(3);
        Assert.Equal([0L, 0, 0, 1, 1, 1, 2], row.data<long>().ToArray());
        Assert.Equal([0L, 1, 2, 0, 1, 2, 0], place.data<long>().ToArray());
        Assert.Equal([true, true, true, false], HeldScalar.Range(0, 4, CPU).IsAtMost(2.5).data<bool>().ToArray());
    }

    private static void WhileCollecting(Action act)
    {
        using var over = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!over.IsCancellationRequested)
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        try
        {
            act();
        }
        finally
        {
            over.Cancel();
            collector.Join();
        }
    }
}
