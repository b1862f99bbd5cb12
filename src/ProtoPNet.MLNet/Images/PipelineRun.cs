namespace ProtoPNet.MLNet.Images;

/// <summary>
/// One run of a <see cref="BatchPipeline"/>: workers take requests in order and render each into its slot of the batch, once the consumer has
/// released the previous batch in that buffer.
/// </summary>
internal sealed class PipelineRun(
    PixelStore store, int batchSize, int size, InputNormalisation normalisation, IReadOnlyList<ViewRequest> requests, ImageBatch[] batches)
{
    private readonly object _gate = new();
    private Thread[] _workers = [];
    private int _next;
    private int _released;
    private bool _stopped;

    /// <summary>The total number of batches.</summary>
    public int BatchCount { get; } = (requests.Count + batchSize - 1) / batchSize;

    public void Start(int threads)
    {
        for (int batch = 0; batch < Math.Min(batches.Length, BatchCount); batch++) Prepare(batch);
        _workers = new Thread[Math.Min(threads, requests.Count)];
        for (int i = 0; i < _workers.Length; i++)
        {
            _workers[i] = new Thread(Work) { IsBackground = true, Name = $"ProtoPNet images {i + 1}" };
            _workers[i].Start();
        }
    }

    /// <summary>Blocks until batch number <paramref name="batch"/> is complete, or the run is stopped.</summary>
    public ImageBatch WaitFor(int batch)
    {
        ImageBatch awaited = batches[batch % batches.Length];
        lock (_gate)
            while (awaited.Missing > 0 && !_stopped) Monitor.Wait(_gate);
        return awaited;
    }

    /// <summary>Releases the oldest batch for reuse.</summary>
    public void Release()
    {
        lock (_gate)
        {
            if (_released + batches.Length < BatchCount) Prepare(_released + batches.Length);
            _released++;
            Monitor.PulseAll(_gate);
        }
    }

    public void Stop()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }
    }

    public void Join()
    {
        foreach (Thread worker in _workers) worker.Join();
    }

    private void Prepare(int number)
    {
        ImageBatch batch = batches[number % batches.Length];
        batch.First = number * batchSize;
        batch.Count = batch.Missing = Math.Min(batchSize, requests.Count - batch.First);
        batch.Failure = null;
        for (int i = 0; i < batch.Count; i++) batch.Indices[i] = requests[batch.First + i].Image;
    }

    private void Work()
    {
        while (Take() is { } request)
        {
            ImageBatch batch = batches[request / batchSize % batches.Length];
            Exception? error = Render(request, batch);
            lock (_gate)
            {
                if (error is not null && (batch.Failure is not { } first || request < first.Request)) batch.Failure = (request, error);
                if (--batch.Missing == 0) Monitor.PulseAll(_gate);
            }
        }
    }

    private int? Take()
    {
        lock (_gate)
        {
            while (!_stopped && _next < requests.Count && _next / batchSize >= _released + batches.Length) Monitor.Wait(_gate);
            return _stopped || _next >= requests.Count ? null : _next++;
        }
    }

    private Exception? Render(int request, ImageBatch batch)
    {
        try
        {
            int numbers = 3 * size * size;
            using PixelStore.Lease lease = store.Borrow(requests[request].Image);
            Span<float> place = batch.Pixels.AsSpan((request - batch.First) * numbers, numbers);
            ViewRenderer.Render(lease.Image, requests[request].View, size, normalisation, place);
            return null;
        }
#pragma warning disable CA1031 // Any exception is passed to the consumer.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return error;
        }
    }
}
