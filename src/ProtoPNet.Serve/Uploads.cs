using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace ProtoPNet.Serve;

/// <summary>A file that came with a request.</summary>
/// <param name="Name">What the sender calls it: for display only, never a path.</param>
/// <param name="Bytes">Its content.</param>
internal sealed record Upload(string Name, ReadOnlyMemory<byte> Bytes);

/// <summary>Reads request bodies into memory, within limits for each and for all together. Nothing is written to disk.</summary>
internal sealed class Uploads(ServerLimits limits)
{
    private const int MostFiles = 50, MostHeaders = 16, MostHeaderBytes = 16 << 10, LongestName = 120;

    private long _reserved;

    /// <summary>Reads the files of a request (those of multipart/form-data, or the body itself), and counts them until they have been used.</summary>
    /// <exception cref="BusyException">All uploads together would be too large.</exception>
    /// <exception cref="BadHttpRequestException">The body is too large, late, or malformed.</exception>
    public Task<T> Use<T>(HttpRequest request, Func<IReadOnlyList<Upload>, Task<T>> use) => Body(request, async body =>
    {
        string? boundary = Boundary(request);
        IReadOnlyList<Upload> files = boundary is null ? [new("photograph", body)] : await Parts(boundary, body, request.HttpContext.RequestAborted);
        return files.Any(file => !file.Bytes.IsEmpty) ? await use([.. files.Where(file => !file.Bytes.IsEmpty)])
            : throw new BadHttpRequestException("There is no photograph in the request.");
    });

    /// <summary>Reads a body as text.</summary>
    /// <exception cref="BadHttpRequestException">The body is too large, late, or not UTF-8.</exception>
    public Task<T> Text<T>(HttpRequest request, Func<string, Task<T>> use) => Body(request, body =>
    {
        try
        {
            return use(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(body.Span));
        }
        catch (DecoderFallbackException e)
        {
            throw new BadHttpRequestException("The body is not UTF-8.", e);
        }
    });

    private async Task<T> Body<T>(HttpRequest request, Func<ReadOnlyMemory<byte>, Task<T>> use)
    {
        if (request.ContentLength > limits.UploadBytes) throw TooLarge();
        long size = request.ContentLength ?? limits.UploadBytes;
        try
        {
            if (Interlocked.Add(ref _reserved, size) > limits.AllUploadBytes) throw new BusyException("Too many uploads at once.");
            return await use(await Bytes(request));
        }
        finally
        {
            Interlocked.Add(ref _reserved, -size);
        }
    }

    private async Task<ReadOnlyMemory<byte>> Bytes(HttpRequest request)
    {
        using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(request.HttpContext.RequestAborted);
        late.CancelAfter(limits.Patience);
        byte[] bytes = new byte[(int)(request.ContentLength ?? 64 << 10)];
        int count = 0;
        try
        {
            while (true)
            {
                if (count == bytes.Length && request.ContentLength is null)
                    Array.Resize(ref bytes, (int)Math.Min(2L * count, limits.UploadBytes + 1L));
                int read = count == bytes.Length ? 0 : await request.Body.ReadAsync(bytes.AsMemory(count), late.Token);
                if (read == 0) return bytes.AsMemory(0, count);
                if ((count += read) > limits.UploadBytes) throw TooLarge();
            }
        }
        catch (OperationCanceledException) when (!request.HttpContext.RequestAborted.IsCancellationRequested)
        {
            throw new BadHttpRequestException("The body took too long to arrive.", StatusCodes.Status408RequestTimeout);
        }
    }

    private static async Task<IReadOnlyList<Upload>> Parts(string boundary, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        List<Upload> files = [];
        try
        {
            using MemoryStream stream = new(body.ToArray(), writable: false);
            MultipartReader reader = new(boundary, stream) { HeadersCountLimit = MostHeaders, HeadersLengthLimit = MostHeaderBytes };
            while (await reader.ReadNextSectionAsync(cancellation) is { } section)
            {
                using MemoryStream content = new();
                await section.Body.CopyToAsync(content, cancellation);
                if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out ContentDispositionHeaderValue? part)
                    || !part.IsFileDisposition())
                    continue;
                if (files.Count == MostFiles) throw new BadHttpRequestException($"More than {MostFiles} files in one request.");
                files.Add(new(Shown(part.FileNameStar.Value ?? part.FileName.Value), content.ToArray()));
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new BadHttpRequestException($"The multipart body is malformed: {e.Message}", e);
        }
        return files;
    }

    private static string? Boundary(HttpRequest request)
        => MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type)
            && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            ? HeaderUtilities.RemoveQuotes(type.Boundary).Value is { Length: > 0 and <= 200 } boundary ? boundary
                : throw new BadHttpRequestException("The content type multipart/form-data needs a boundary.")
            : null;

    /// <summary>The last part of a name, without what cannot be shown.</summary>
    private static string Shown(string? name)
    {
        string last = HeaderUtilities.RemoveQuotes(name).Value?.Split('/', '\\')[^1] ?? "";
        last = string.Concat(last.Where(c => !char.IsControl(c) && !char.IsSurrogate(c)).Take(LongestName)).Trim();
        return last.Length == 0 ? "photograph" : last;
    }

    private BadHttpRequestException TooLarge()
        => new($"The request is larger than {limits.UploadBytes} bytes.", StatusCodes.Status413PayloadTooLarge);
}
