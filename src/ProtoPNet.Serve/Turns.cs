namespace ProtoPNet.Serve;

/// <summary>Too many requests are waiting; this one should come again.</summary>
internal sealed class BusyException(string message) : Exception(message);

/// <summary>A queue: work is done one piece after the other, in order of arrival, and a limited number may wait.</summary>
/// <param name="waiting">The number that may wait or be at work.</param>
internal sealed class Turns(int waiting) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private int _here;

    /// <summary>The number that wait or are at work.</summary>
    public int Here => Volatile.Read(ref _here);

    /// <summary>Waits for its turn and does the work on another thread.</summary>
    /// <exception cref="BusyException">Too many are waiting.</exception>
    /// <exception cref="OperationCanceledException">Cancelled while waiting or at work.</exception>
    public async Task<T> Take<T>(Func<CancellationToken, T> work, CancellationToken cancellation)
    {
        try
        {
            if (Interlocked.Increment(ref _here) > waiting) throw new BusyException($"{waiting} requests are waiting already.");
            await _turn.WaitAsync(cancellation);
            try
            {
                return await Task.Run(() => work(cancellation), cancellation);
            }
            finally
            {
                _turn.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _here);
        }
    }

    public void Dispose() => _turn.Dispose();
}
