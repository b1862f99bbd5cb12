using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ProtoPNet.MLNet.Tests.Weights;

/// <summary>A loopback HTTP server whose answers, good or bad, are defined by the test.</summary>
internal sealed class LoopbackServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<int, long?, Stream, CancellationToken, Task> _answer;
    private int _requests;

    /// <param name="answer">Receives the request number, from 1, the first byte of a range request, and the connection; writes the
    /// answer.</param>
    public LoopbackServer(Func<int, long?, Stream, CancellationToken, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        _ = Task.Run(Serve);
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/models/");

    /// <summary>The first bytes requested, in order; null for whole files.</summary>
    public ConcurrentQueue<long?> Requests { get; } = [];

    public static async Task Send(Stream stream, string status, ReadOnlyMemory<byte> body, string headers = "", long? claimedLength = null)
    {
        string head = $"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {claimedLength ?? body.Length}\r\n{headers}\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
        await stream.WriteAsync(body);
        await stream.FlushAsync();
    }

    /// <summary>Answers correctly: the whole file, or the rest of it.</summary>
    public static Task SendFile(Stream stream, byte[] file, long? from) => from is { } start
        ? Send(stream, "206 Partial Content", file.AsMemory((int)start), $"Content-Range: bytes {start}-{file.Length - 1}/{file.Length}\r\n")
        : Send(stream, "200 OK", file);

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task Serve()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync(_stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
            _ = Task.Run(() => Answer(client));
        }
    }

    private async Task Answer(TcpClient client)
    {
        using (client)
        {
            try
            {
                NetworkStream stream = client.GetStream();
                using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
                long? from = null;
                while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 } line)
                    if (line.StartsWith("Range: bytes=", StringComparison.OrdinalIgnoreCase))
                        from = long.Parse(line[13..].TrimEnd('-'), CultureInfo.InvariantCulture);
                Requests.Enqueue(from);
                await _answer(Interlocked.Increment(ref _requests), from, stream, _stop.Token);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
            {
                // The client disconnected, or the test is over.
            }
        }
    }
}
