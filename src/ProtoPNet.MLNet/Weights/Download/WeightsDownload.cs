using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using ProtoPNet.MLNet.Files;

namespace ProtoPNet.MLNet.Weights;

/// <summary>
/// Downloads files whose names contain their SHA-256 into a folder. Partial downloads are kept and continued, by this process or a
/// later one; a file gets its final name only if its hash is correct; of several processes, one downloads and the others wait.
/// </summary>
internal sealed class WeightsDownload(string folder, Uri server)
{
    private const int Attempts = 5;

    /// <summary>Far above the size of any published file; a server that sends more is faulty.</summary>
    private const long LargestFile = 2L << 30;

    /// <summary>How long a server may be silent before the attempt fails.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The pause before the second attempt; doubles with each further attempt.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Returns the path of the file, downloading it unless it exists with the correct hash.</summary>
    /// <exception cref="WeightsUnavailableException">It cannot be downloaded; the message says where to put it manually.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the part received so far is kept.</exception>
    public async Task<string> FetchAsync(string file, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        string target = Path.Combine(folder, file), partial = target + ".part";
        var address = new Uri(server, file);
        if (await IsRight(target, cancellation).ConfigureAwait(false)) return target;
        CheckWritable();
        try
        {
            using FileStream alone = await Lock(target + ".lock", cancellation).ConfigureAwait(false);
            if (await IsRight(target, cancellation).ConfigureAwait(false)) return target; // another process was faster
            using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
            await Receive(client, address, partial, progress, cancellation).ConfigureAwait(false);
            WholeFile.Finish(partial, target);
            return target;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new WeightsUnavailableException(address, target, e.Message, e);
        }
    }

    /// <exception cref="WeightsUnavailableException">The folder is not writable.</exception>
    private void CheckWritable()
    {
        try
        {
            Directory.CreateDirectory(folder);
            using FileStream _ = new(Path.Combine(folder, $".{Guid.NewGuid():N}"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1,
                FileOptions.DeleteOnClose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WeightsUnavailableException(folder, e);
        }
    }

    /// <summary>Fills <paramref name="partial"/> until its hash is correct.</summary>
    private async Task Receive(HttpClient client, Uri address, string partial, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        TimeSpan pause = FirstPause;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                bool continued = await Attempt(client, address, partial, progress, cancellation).ConfigureAwait(false);
                if (await HashOf(partial, cancellation).ConfigureAwait(false) is var hash && IsRight(address, hash)) return;
                File.Delete(partial);
                // Perhaps joined from two versions of the file; a second attempt from the start settles that.
                if (!continued)
                    throw new InvalidDataException(
                        $"the file received has the SHA-256 {hash[..8]}…, not {PublishedWeights.HashPrefix(address.AbsolutePath)}….");
            }
            catch (Exception e) when (attempt < Attempts && IsPassing(e, cancellation))
            {
                await Task.Delay(pause, cancellation).ConfigureAwait(false);
                pause *= 2;
            }
            catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
            {
                throw new IOException($"the server was silent for {Patience.TotalSeconds:0.#} seconds.", e);
            }
        }
    }

    /// <summary>Sends one request, continuing a partial file; returns whether there was one.</summary>
    private async Task<bool> Attempt(
        HttpClient client, Uri address, string partial, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        silence.CancelAfter(Patience);
        using var file = new FileStream(partial, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (file.Length > 0) request.Headers.Range = new RangeHeaderValue(file.Length, null);

        using HttpResponseMessage response = await client
            .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token).ConfigureAwait(false);
        bool continued = response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From == file.Length;
        if (file.Length > 0 && response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
            return true; // complete, or a different file
        response.EnsureSuccessStatusCode();
        file.SetLength(continued ? file.Length : 0);
        file.Position = file.Length;

        long? total = response.Content.Headers.ContentLength + file.Length;
        if (total > LargestFile) throw new InvalidDataException($"the server wants to send {total} bytes.");
        using Stream content = await response.Content.ReadAsStreamAsync(silence.Token).ConfigureAwait(false);
        byte[] buffer = new byte[1 << 17];
        while (true)
        {
            silence.CancelAfter(Patience);
            int count = await content.ReadAsync(buffer, silence.Token).ConfigureAwait(false);
            if (count == 0) break;
            await file.WriteAsync(buffer.AsMemory(0, count), silence.Token).ConfigureAwait(false);
            if (file.Position > LargestFile) throw new InvalidDataException($"the server sends more than {LargestFile} bytes.");
            progress?.Report(new(Path.GetFileName(address.AbsolutePath), file.Position, total));
        }
        return total is null || file.Position == total
            ? continued
            : throw new IOException($"the connection broke after {file.Position} of {total} bytes.");
    }

    private static bool IsPassing(Exception e, CancellationToken cancellation) => e switch
    {
        HttpRequestException { StatusCode: { } status }
            => (int)status >= 500 || status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests,
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => false,
        OperationCanceledException => !cancellation.IsCancellationRequested,
        _ => e is HttpRequestException or IOException,
    };

    /// <summary>Waits until no other process holds the file open. The empty file stays: removing it would race with waiting processes.</summary>
    private static async Task<FileStream> Lock(string path, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when ((e.HResult & 0xffff) is 11 or 32 or 35) // "in use" on Linux, Windows and macOS
            {
                await Task.Delay(100, cancellation).ConfigureAwait(false);
            }
        }
    }

    private static async Task<bool> IsRight(string target, CancellationToken cancellation)
        => File.Exists(target) && IsRight(new Uri(target), await HashOf(target, cancellation).ConfigureAwait(false));

    private static bool IsRight(Uri named, string hash) => hash.StartsWith(PublishedWeights.HashPrefix(named.AbsolutePath), StringComparison.Ordinal);

    private static async Task<string> HashOf(string path, CancellationToken cancellation)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 17, useAsync: true);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellation).ConfigureAwait(false));
    }
}
