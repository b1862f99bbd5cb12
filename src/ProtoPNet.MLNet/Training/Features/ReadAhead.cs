using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace ProtoPNet.MLNet.Training.Features;

/// <summary>Produces a sequence on its own thread, a few items ahead of the consumer.</summary>
internal static class ReadAhead
{
    /// <summary>Items ready beside the one in use.</summary>
    private const int Depth = 2;

    /// <summary>The items of <paramref name="source"/>, which the consumer disposes of. An exception is thrown where its item is due.</summary>
    public static IEnumerable<T> Of<T>(IEnumerable<T> source, CancellationToken cancellation) where T : IDisposable
    {
        using var ready = new BlockingCollection<T>(Depth);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(Produce) { IsBackground = true, Name = "ProtoPNet features" };
        thread.Start();
        try
        {
            foreach (T item in ready.GetConsumingEnumerable(cancellation)) yield return item;
            failure?.Throw();
            cancellation.ThrowIfCancellationRequested();
        }
        finally
        {
            stop.Cancel();
            thread.Join();
            while (ready.TryTake(out T? left)) left.Dispose();
        }

        void Produce()
        {
            try
            {
                foreach (T item in source) Hand(item);
            }
            catch (OperationCanceledException)
            {
                // The consumer left, or is told by its own token.
            }
#pragma warning disable CA1031 // Any exception is passed to the consumer.
            catch (Exception e)
#pragma warning restore CA1031
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
            finally
            {
                ready.CompleteAdding();
            }
        }

        void Hand(T item)
        {
            try
            {
                ready.Add(item, stop.Token);
            }
            catch (OperationCanceledException)
            {
                item.Dispose();
                throw;
            }
        }
    }
}
