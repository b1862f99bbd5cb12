using System.Runtime.ExceptionServices;

namespace ProtoPNet.MLNet.Images;

/// <summary>
/// Renders batches on its own threads, ahead of the consumer. Batches arrive in request order and hold the same numbers
/// for any number of threads, as a view depends only on its request.
/// </summary>
/// <param name="store">The photographs.</param>
/// <param name="batchSize">The number of views per batch.</param>
/// <param name="size">S, the side of the network's input.</param>
/// <param name="normalisation">The backbone's input normalisation.</param>
/// <param name="threads">The number of rendering threads.</param>
internal sealed class BatchPipeline(PixelStore store, int batchSize, int size, InputNormalisation normalisation, int threads)
{
    /// <summary>One batch in use by the consumer, one ready, one being rendered.</summary>
    private const int Depth = 3;

    /// <summary>S, the side of the network's input.</summary>
    public int Size { get; } = size;

    private readonly ImageBatch[] _batches = [.. Enumerable.Range(0, Depth).Select(_ => new ImageBatch(batchSize, size))];
    private int _running;

    /// <summary>
    /// Renders <paramref name="requests"/>. One run at a time; leaving the loop early stops the threads.
    /// A rendering exception is thrown when its batch is due, that of the earliest request first.
    /// </summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public IEnumerable<ImageBatch> Run(IReadOnlyList<ViewRequest> requests, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        if (Interlocked.Exchange(ref _running, 1) != 0)
            throw new InvalidOperationException("The pipeline's batches are in use: finish that run before starting another.");
        PipelineRun run = new(store, batchSize, Size, normalisation, requests, _batches);
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static state => ((PipelineRun)state!).Stop(), run);
        try
        {
            run.Start(Math.Max(1, threads));
            for (int batch = 0; batch < run.BatchCount; batch++)
            {
                ImageBatch ready = run.WaitFor(batch);
                cancellationToken.ThrowIfCancellationRequested();
                if (ready.Failure is { } failure) ExceptionDispatchInfo.Throw(failure.Error);
                yield return ready;
                run.Release();
            }
        }
        finally
        {
            run.Stop();
            run.Join();
            Volatile.Write(ref _running, 0);
        }
    }
}
