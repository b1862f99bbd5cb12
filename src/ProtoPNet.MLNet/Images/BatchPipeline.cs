using System.Runtime.ExceptionServices;

namespace ProtoPNet.MLNet.Images;

/// <summary>
/// Renders batches on threads of its own, ahead of whoever consumes them. Batches come in the order of the requests and hold the same numbers
/// whatever the number of threads: a view depends on nothing but its request.
/// </summary>
/// <param name="store">Where the photographs are.</param>
/// <param name="batchSize">Views in a batch.</param>
/// <param name="size">S, the side of the network's input.</param>
/// <param name="normalisation">What the backbone wants of its images.</param>
/// <param name="threads">Threads that render.</param>
internal sealed class BatchPipeline(PixelStore store, int batchSize, int size, InputNormalisation normalisation, int threads)
{
    /// <summary>One batch in the consumer's hands, one ready, one in the making.</summary>
    private const int Depth = 3;

    /// <summary>S, the side of the network's input.</summary>
    public int Size { get; } = size;

    private readonly ImageBatch[] _batches = [.. Enumerable.Range(0, Depth).Select(_ => new ImageBatch(batchSize, size))];
    private int _running;

    /// <summary>
    /// Renders <paramref name="requests"/>. One run at a time; leaving the loop early stops the threads.
    /// An exception in rendering is thrown when its batch is due, that of the earliest request first.
    /// </summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> asked for it.</exception>
    public IEnumerable<ImageBatch> Run(IReadOnlyList<ViewRequest> requests, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        if (Interlocked.Exchange(ref _running, 1) != 0)
            throw new InvalidOperationException("The pipeline's batches are in use: finish the first run before another.");
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
