using ProtoPNet.MLNet.Model;
using Xunit;

namespace ProtoPNet.MLNet.Tests;

public class SharedModelTests
{
    private readonly TrainedProtoPNet _model = SmallModel.Trained();
    private readonly float[] _pixels = new float[3 * SmallModel.Size * SmallModel.Size];

    [Fact]
    public void A_loan_keeps_a_disposed_model_alive_until_it_is_returned()
    {
        float[] before = _model.Score(_pixels, 1).Logits;
        SharedModel shared = new(_model, typeof(ProtoPNetTransformer));
        SharedModel.Loan first = shared.Borrow(), second = shared.Borrow();
        shared.Dispose();
        Assert.Equal(before, first.Model.Score(_pixels, 1).Logits);
        first.Dispose();
        first.Dispose(); // counts once
        Assert.Equal(before, second.Model.Score(_pixels, 1).Logits);
        second.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _model.Network);
        Assert.Throws<ObjectDisposedException>(() => second.Model);
    }

    [Fact]
    public void What_was_disposed_of_is_lent_no_more_and_says_what_it_was()
    {
        SharedModel shared = new(_model, typeof(ProtoPNetTransformer));
        using SharedModel.Loan loan = shared.Borrow();
        shared.Dispose();
        shared.Dispose();
        Assert.Equal(typeof(ProtoPNetTransformer).FullName, Assert.Throws<ObjectDisposedException>(shared.Borrow).ObjectName);
        Assert.Throws<ObjectDisposedException>(shared.ThrowIfDisposed);
        Assert.Equal(SmallModel.Classes, shared.ClassNames); // managed data stay valid
    }

    [Fact]
    public async Task Waiting_for_all_loans_ends_with_the_last()
    {
        SharedModel shared = new(_model, typeof(ProtoPNetTransformer));
        SharedModel.Loan loan = shared.Borrow();
        Task waiting = Task.Run(shared.DisposeAndWait, TestContext.Current.CancellationToken);
        while (!IsDisposed(shared)) await Task.Yield();
        Assert.False(waiting.IsCompleted);
        Assert.NotEmpty(loan.Model.Score(_pixels, 1).Logits);
        loan.Dispose();
        await waiting;
    }

    [Fact]
    public void A_network_that_is_still_trained_outlives_the_model_that_looked_at_it()
    {
        using TrainedProtoPNet owner = _model;
        TrainedProtoPNet guest = new(_model.Network, _model.ClassNames, _model.Prototypes) { OwnsNetwork = false };
        float[] expected = guest.Score(_pixels, 1).Logits;
        guest.Dispose();
        Assert.Throws<ObjectDisposedException>(() => guest.Score(_pixels, 1));
        Assert.Equal(expected, owner.Score(_pixels, 1).Logits);
    }

    private static bool IsDisposed(SharedModel shared)
    {
        try
        {
            shared.ThrowIfDisposed();
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }
}
