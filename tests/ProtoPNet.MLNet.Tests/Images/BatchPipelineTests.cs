using ProtoPNet.MLNet.Images;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Images;

public sealed class BatchPipelineTests : IDisposable
{
    private const int Size = 16;
    private readonly PixelStore _store = new(20_000, Path.GetTempPath());

    public BatchPipelineTests()
    {
        for (int i = 0; i < 10; i++) _store.Add(Pictures.Of(30 + i, 40 - i, (ulong)i));
    }

    [Theory]
    [InlineData(1, 8)]
    [InlineData(2, 8)]
    [InlineData(7, 8)]
    [InlineData(3, 1)]
    [InlineData(3, 64)]
    public void Batches_are_the_same_whatever_the_threads(int threads, int batchSize)
    {
        ViewRequest[] requests = Requests(37);
        List<float> rendered = [];
        List<int> indices = [];
        BatchPipeline pipeline = new(_store, batchSize, Size, InputNormalisation.ImageNet, threads);
        foreach (ImageBatch batch in pipeline.Run(requests, TestContext.Current.CancellationToken))
        {
            Assert.Equal(indices.Count, batch.First);
            rendered.AddRange(batch.Pixels.AsSpan(0, batch.Count * 3 * Size * Size));
            indices.AddRange(batch.Indices.AsSpan(0, batch.Count));
        }
        Assert.Equal(requests.Select(request => request.Image), indices);
        Assert.Equal(Alone(requests), rendered);
    }

    [Fact]
    public void No_requests_make_no_batches()
        => Assert.Empty(new BatchPipeline(_store, 4, Size, InputNormalisation.ImageNet, 2).Run([], TestContext.Current.CancellationToken));

    [Fact]
    public void An_exception_surfaces_at_its_batch_the_earliest_first()
    {
        ViewRequest[] requests = Requests(40);
        requests[21] = requests[21] with { Image = 1021 };
        requests[22] = requests[22] with { Image = -1 };
        BatchPipeline pipeline = new(_store, 4, Size, InputNormalisation.ImageNet, 3);
        for (int repeat = 0; repeat < 20; repeat++)
        {
            int seen = 0;
            Assert.ThrowsAny<Exception>(() =>
            {
                foreach (ImageBatch batch in pipeline.Run(requests, TestContext.Current.CancellationToken)) seen += batch.Count;
            });
            Assert.Equal(20, seen);
        }
    }

    [Fact]
    public void Leaving_early_frees_the_pipeline()
    {
        BatchPipeline pipeline = new(_store, 4, Size, InputNormalisation.ImageNet, 2);
        for (int repeat = 0; repeat < 20; repeat++)
            Assert.Equal(0, pipeline.Run(Requests(100), TestContext.Current.CancellationToken).First().First);
    }

    [Fact]
    public void Two_runs_at_once_are_refused()
    {
        BatchPipeline pipeline = new(_store, 4, Size, InputNormalisation.ImageNet, 2);
        foreach (ImageBatch _ in pipeline.Run(Requests(8), TestContext.Current.CancellationToken))
            Assert.Throws<InvalidOperationException>(() => pipeline.Run(Requests(8), TestContext.Current.CancellationToken).First());
    }

    [Fact]
    public void Cancelling_ends_the_run()
    {
        using CancellationTokenSource source = new();
        int seen = 0;
        Assert.ThrowsAny<OperationCanceledException>(() =>
        {
            foreach (ImageBatch _ in new BatchPipeline(_store, 2, Size, InputNormalisation.ImageNet, 2).Run(Requests(1000), source.Token))
                if (++seen == 3) source.Cancel();
        });
        Assert.Equal(3, seen);
    }

    public void Dispose() => _store.Dispose();

    private static ViewRequest[] Requests(int count)
        => [.. Enumerable.Range(0, count).Select(i => new ViewRequest(i * 7 % 10, Augmentation.Default.Sample(ViewSeed.Of(3, 0, i * 7 % 10, i))))];

    private List<float> Alone(ViewRequest[] requests)
    {
        List<float> all = [];
        float[] one = new float[3 * Size * Size];
        foreach (ViewRequest request in requests)
        {
            ViewRenderer.Render(_store.Get(request.Image), request.View, Size, InputNormalisation.ImageNet, one);
            all.AddRange(one);
        }
        return all;
    }
}
