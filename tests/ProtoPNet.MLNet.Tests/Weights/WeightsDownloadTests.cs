using System.Security.Cryptography;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Weights;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Weights;

public sealed class WeightsDownloadTests : IDisposable
{
    private static readonly byte[] s_content = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 31 >> 3))];
    private static readonly string s_file = $"tiny-{Convert.ToHexStringLower(SHA256.HashData(s_content))[..8]}.pth";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private WeightsDownload From(LoopbackServer server, double patience = 20)
        => new(_folder.Path, server.Address) { Patience = TimeSpan.FromSeconds(patience), FirstPause = TimeSpan.FromMilliseconds(1) };

    private Task<string> Fetch(LoopbackServer server, IProgress<DownloadProgress>? progress = null)
        => From(server).FetchAsync(s_file, progress, Cancellation);

    [Fact]
    public async Task A_file_is_fetched_once_verified_and_then_found()
    {
        using var server = new LoopbackServer((_, from, stream, _) => LoopbackServer.SendFile(stream, s_content, from));
        var progress = new Record();
        string path = await Fetch(server, progress);
        Assert.Equal(s_content, await File.ReadAllBytesAsync(path, Cancellation));
        Assert.Equal(path, await Fetch(server));
        Assert.Single(server.Requests);
        Assert.Equal(s_content.Length, progress.All[^1].Received);
        Assert.All(progress.All, p => Assert.Equal((s_file, (long?)s_content.Length), (p.File, p.Total)));
        Assert.Equal(progress.All.Select(p => p.Received).Order(), progress.All.Select(p => p.Received));
    }

    [Fact]
    public async Task A_cache_that_cannot_be_written_says_which_variable_sets_another_before_anything_is_fetched()
    {
        using var server = new LoopbackServer((_, from, stream, _) => LoopbackServer.SendFile(stream, s_content, from));
        string folder = Path.Combine(_folder.Write("a file", "no folder"), "cache");
        var e = await Assert.ThrowsAsync<WeightsUnavailableException>(
            () => new WeightsDownload(folder, server.Address).FetchAsync(s_file, null, Cancellation));
        Assert.Contains("PROTOPNET_CACHE", e.Message);
        Assert.Contains(folder, e.Message);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_broken_download_is_resumed_where_it_broke()
    {
        using var server = new LoopbackServer((number, from, stream, _) => number == 1
            ? LoopbackServer.Send(stream, "200 OK", s_content.AsMemory(0, 100_000), claimedLength: s_content.Length)
            : LoopbackServer.SendFile(stream, s_content, from));
        Assert.Equal(s_content, await File.ReadAllBytesAsync(await Fetch(server), Cancellation));
        Assert.Equal([null, 100_000L], server.Requests);
    }

    [Fact]
    public async Task A_download_that_another_process_left_is_resumed()
    {
        await File.WriteAllBytesAsync(_folder.In(s_file + ".part"), s_content[..1234], Cancellation);
        using var server = new LoopbackServer((_, from, stream, _) => LoopbackServer.SendFile(stream, s_content, from));
        Assert.Equal(s_content, await File.ReadAllBytesAsync(await Fetch(server), Cancellation));
        Assert.Equal([1234L], server.Requests);
    }

    [Fact]
    public async Task What_was_left_whole_is_taken_as_it_is()
    {
        await File.WriteAllBytesAsync(_folder.In(s_file + ".part"), s_content, Cancellation);
        using var server = new LoopbackServer((_, _, stream, _) => LoopbackServer.Send(stream, "416 Range Not Satisfiable", default));
        Assert.Equal(s_content, await File.ReadAllBytesAsync(await Fetch(server), Cancellation));
    }

    [Fact]
    public async Task A_server_that_knows_no_ranges_is_read_from_the_start()
    {
        await File.WriteAllBytesAsync(_folder.In(s_file + ".part"), new byte[777], Cancellation);
        using var server = new LoopbackServer((_, _, stream, _) => LoopbackServer.Send(stream, "200 OK", s_content));
        Assert.Equal(s_content, await File.ReadAllBytesAsync(await Fetch(server), Cancellation));
    }

    [Fact]
    public async Task A_wrong_beginning_is_thrown_away_and_the_whole_fetched()
    {
        await File.WriteAllBytesAsync(_folder.In(s_file + ".part"), new byte[777], Cancellation);
        using var server = new LoopbackServer((_, from, stream, _) => LoopbackServer.SendFile(stream, s_content, from));
        Assert.Equal(s_content, await File.ReadAllBytesAsync(await Fetch(server), Cancellation));
        Assert.Equal([777L, null], server.Requests);
    }

    [Fact]
    public async Task A_server_that_falls_silent_is_asked_again()
    {
        using var server = new LoopbackServer(async (number, from, stream, stop) =>
        {
            if (number > 1) await LoopbackServer.SendFile(stream, s_content, from);
            else
            {
                await LoopbackServer.Send(stream, "200 OK", s_content.AsMemory(0, 5000), claimedLength: s_content.Length);
                await Task.Delay(Timeout.Infinite, stop);
            }
        });
        Assert.Equal(s_content, await File.ReadAllBytesAsync(await From(server, patience: 3).FetchAsync(s_file, null, Cancellation), Cancellation));
        Assert.Equal([null, 5000L], server.Requests.Take(2));
    }

    [Fact]
    public async Task A_slow_server_is_waited_for()
    {
        using var server = new LoopbackServer(async (_, _, stream, stop) =>
        {
            await LoopbackServer.Send(stream, "200 OK", s_content.AsMemory(0, 50_000), claimedLength: s_content.Length);
            for (int i = 50_000; i < s_content.Length; i += 50_000)
            {
                await Task.Delay(150, stop);
                await stream.WriteAsync(s_content.AsMemory(i, 50_000), stop);
            }
        });
        Assert.Equal(s_content, await File.ReadAllBytesAsync(await Fetch(server), Cancellation));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_server_that_always_breaks_off_is_given_up_and_what_came_is_kept()
    {
        using var server = new LoopbackServer((_, from, stream, _) => from is { } start
            ? LoopbackServer.Send(
                stream, "206 Partial Content", s_content.AsMemory((int)start, 10), $"Content-Range: bytes {start}-299999/300000\r\n",
                s_content.Length - start)
            : LoopbackServer.Send(stream, "200 OK", s_content.AsMemory(0, 10), claimedLength: s_content.Length));
        var e = await Assert.ThrowsAsync<WeightsUnavailableException>(() => Fetch(server));
        Assert.Equal(5, server.Requests.Count);
        Assert.Equal(50, new FileInfo(_folder.In(s_file + ".part")).Length);
        AssertHelps(e);
    }

    [Fact]
    public async Task A_file_with_the_wrong_hash_is_refused_and_not_kept()
    {
        using var server = new LoopbackServer((_, _, stream, _) => LoopbackServer.Send(stream, "200 OK", new byte[1000]));
        var e = await Assert.ThrowsAsync<WeightsUnavailableException>(() => Fetch(server));
        Assert.Contains("SHA-256", e.Message, StringComparison.Ordinal);
        Assert.Equal([s_file + ".lock"], Directory.EnumerateFiles(_folder.Path).Select(Path.GetFileName));
        AssertHelps(e);
    }

    [Fact]
    public async Task A_damaged_file_in_the_cache_is_fetched_anew()
    {
        await File.WriteAllBytesAsync(_folder.In(s_file), s_content[..^1], Cancellation);
        using var server = new LoopbackServer((_, from, stream, _) => LoopbackServer.SendFile(stream, s_content, from));
        Assert.Equal(s_content, await File.ReadAllBytesAsync(await Fetch(server), Cancellation));
    }

    [Fact]
    public async Task A_missing_file_is_asked_for_once_and_an_overloaded_server_again()
    {
        using var missing = new LoopbackServer((_, _, stream, _) => LoopbackServer.Send(stream, "404 Not Found", default));
        AssertHelps(await Assert.ThrowsAsync<WeightsUnavailableException>(() => Fetch(missing)));
        Assert.Single(missing.Requests);

        using var overloaded = new LoopbackServer((number, from, stream, _)
            => number < 4 ? LoopbackServer.Send(stream, "503 Service Unavailable", default) : LoopbackServer.SendFile(stream, s_content, from));
        Assert.Equal(s_content, await File.ReadAllBytesAsync(await Fetch(overloaded), Cancellation));
    }

    [Fact]
    public async Task Without_a_connection_the_message_says_which_file_belongs_where()
    {
        var server = new LoopbackServer((_, _, _, _) => Task.CompletedTask);
        server.Dispose(); // nobody listens on its port any more
        var e = await Assert.ThrowsAsync<WeightsUnavailableException>(() => Fetch(server));
        AssertHelps(e);
        Assert.Equal(_folder.In(s_file), e.Path);

        await File.WriteAllBytesAsync(e.Path, s_content, Cancellation);
        Assert.Equal(e.Path, await Fetch(server));
    }

    [Fact]
    public async Task Of_several_at_once_one_fetches_and_all_get_the_file()
    {
        using var server = new LoopbackServer(async (_, from, stream, stop) =>
        {
            await Task.Delay(100, stop);
            await LoopbackServer.SendFile(stream, s_content, from);
        });
        string[] paths = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Fetch(server)));
        Assert.Single(paths.Distinct());
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Cancelling_keeps_what_has_come()
    {
        using var server = new LoopbackServer(async (_, _, stream, stop) =>
        {
            await LoopbackServer.Send(stream, "200 OK", s_content.AsMemory(0, 2000), claimedLength: s_content.Length);
            await Task.Delay(Timeout.Infinite, stop);
        });
        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => From(server).FetchAsync(s_file, new Act(cancel.Cancel), cancel.Token));
        Assert.Equal(2000, new FileInfo(_folder.In(s_file + ".part")).Length);
    }

    [Fact]
    public void Every_backbone_has_a_published_file()
        => Assert.All(
            Backbone.Published,
            backbone => Assert.Matches("^[0-9a-f]{8}$", PublishedWeights.HashPrefix(PublishedWeights.Files[backbone.Graph.Name])));

    [Fact]
    public void A_missing_file_of_ones_own_is_named()
    {
        Assert.Null(PretrainedWeights.None.Locate(Backbone.ResNet18, null, Cancellation));
        Assert.Contains("nowhere.pth", Assert.Throws<FileNotFoundException>(
            () => PretrainedWeights.File("nowhere.pth").Locate(Backbone.ResNet18, null, Cancellation)).Message, StringComparison.Ordinal);
    }

    private void AssertHelps(WeightsUnavailableException e)
        => Assert.All([s_file, _folder.In(s_file), "PROTOPNET_CACHE"], part => Assert.Contains(part, e.Message, StringComparison.Ordinal));

    private sealed class Record : IProgress<DownloadProgress>
    {
        public List<DownloadProgress> All { get; } = [];

        public void Report(DownloadProgress value) => All.Add(value);
    }

    private sealed class Act(Action action) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => action();
    }
}
