using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Persistence;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Tests.Reports;
using ProtoPNet.Serve;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Serve;

/// <summary>Strangers: pages of other sites, damaged and malicious uploads.</summary>
public sealed class HostileRequestTests
{
    /// <summary>The number of random requests; the environment variable <c>PROTOPNET_FUZZ</c> overrides it.</summary>
    private static readonly int _requests = int.Parse(Environment.GetEnvironmentVariable("PROTOPNET_FUZZ") ?? "300", CultureInfo.InvariantCulture);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", "Host", "birds.example")]
    [InlineData("GET", "Host", "127.0.0.1.birds.example:5080")]
    [InlineData("POST", "Origin", "http://birds.example")]
    [InlineData("POST", "Origin", "null")]
    [InlineData("POST", "Origin", "http://localhost:1")]
    [InlineData("POST", "Sec-Fetch-Site", "cross-site")]
    [InlineData("POST", "Sec-Fetch-Site", "same-site")]
    [InlineData("GET", "Sec-Fetch-Site", "cross-site")]
    public async Task Pages_of_other_sites_are_refused(string method, string header, string value)
    {
        await using ServedBirds birds = await ServedBirds.Start(editable: false);
        using HttpRequestMessage request = new(new(method), method == "GET" ? "/model" : "/edits/undo");
        if (header == "Host") request.Headers.Host = value;
        else request.Headers.TryAddWithoutValidation(header, value);
        using HttpResponseMessage answer = await birds.Client.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task The_servers_own_pages_and_programs_are_not_refused()
    {
        await using ServedBirds birds = await ServedBirds.Start(editable: false);
        using HttpRequestMessage own = new(HttpMethod.Post, "/classify") { Content = new ByteArrayContent(ServedBirds.Bird(0)) };
        own.Headers.Add("Origin", birds.Server.Address.GetLeftPart(UriPartial.Authority));
        own.Headers.Add("Sec-Fetch-Site", "same-origin");
        using HttpRequestMessage link = new(HttpMethod.Get, "/"), named = new(HttpMethod.Get, "/healthz");
        link.Headers.Add("Sec-Fetch-Site", "cross-site");
        link.Headers.Add("Sec-Fetch-Mode", "navigate");
        named.Headers.Host = $"localhost:{birds.Server.Address.Port}";
        foreach (HttpRequestMessage request in new[] { own, link, named })
        {
            using HttpResponseMessage answer = await birds.Client.SendAsync(request, Cancellation);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal(["nosniff"], answer.Headers.GetValues("X-Content-Type-Options"));
            Assert.Equal(["frame-ancestors 'none'"], answer.Headers.GetValues("Content-Security-Policy"));
            Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
        }
        Assert.Contains("script-src 'sha256-", await birds.Get("/"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://127.0.0.1", null)] // a proxy speaks TLS for the server, and an old browser does not say where requests come from
    [InlineData("https://birds.example", "same-origin")] // and it gives the server another name
    public async Task Pages_behind_a_proxy_are_the_servers_own(string origin, string? site)
    {
        await using ServedBirds birds = await ServedBirds.Start(editable: false);
        using HttpRequestMessage request = new(HttpMethod.Post, "/classify") { Content = new ByteArrayContent(ServedBirds.Bird(0)) };
        request.Headers.Add("Origin", site is null ? $"{origin}:{birds.Server.Address.Port}" : origin);
        if (site is not null) request.Headers.Add("Sec-Fetch-Site", site);
        using HttpResponseMessage answer = await birds.Client.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task An_address_of_another_machine_is_refused_in_a_sentence()
    {
        ServedModel served = new("birds", SmallModel.Transformer(), (_, _) => { });
        IOException e = await Assert.ThrowsAsync<IOException>(
            () => ProtoPNetServer.Start(served, new() { Address = IPAddress.Parse("192.0.2.1"), Port = 5080 }, Cancellation));
        Assert.Contains("Cannot listen on 192.0.2.1, port 5080", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/photographs/..%2f..%2f..%2fetc%2fpasswd")]
    [InlineData("/prototypes/-1/part")]
    [InlineData("/prototypes/99999999999/part")]
    [InlineData("/prototypes/0x1/photograph")]
    [InlineData("/sets/0/0")]
    [InlineData("/prototypes/..%5c..%5cmodel.zip/part")]
    [InlineData("/Assets/edit.js")]
    [InlineData("/model.zip")]
    public async Task There_is_nothing_at_other_addresses(string address)
    {
        await using ServedBirds birds = await ServedBirds.Start(editable: false);
        using HttpResponseMessage answer = await birds.Client.GetAsync(address, Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task What_is_no_photograph_or_too_large_is_refused_with_the_reason()
    {
        await using ServedBirds birds = await ServedBirds.Start(
            new() { UploadBytes = 200_000, Pixels = 100_000, Scans = 3 }, editable: false);
        await Refused(HttpStatusCode.BadRequest, "no photograph", []);
        await Refused(HttpStatusCode.UnprocessableEntity, "not an image", Encoding.ASCII.GetBytes("<svg onload=alert(1)>"));
        await Refused(HttpStatusCode.UnprocessableEntity, "exceed the limit of 100000", Claiming(60_000, 60_000));
        await Refused(HttpStatusCode.UnprocessableEntity, "exceed the limit of 100000", ImageCodec.EncodePng(new(400, 300, new byte[360_000])));
        await Refused(HttpStatusCode.UnprocessableEntity, "at least 8", ImageCodec.EncodePng(new(4, 100, new byte[1200])));
        await Refused(HttpStatusCode.UnprocessableEntity, "4 scans exceed the limit of 3", WithScans(4));
        await Refused(HttpStatusCode.RequestEntityTooLarge, "larger than 200000", new byte[200_001]);
        byte[] bird = ServedBirds.Bird(0);
        await Refused(HttpStatusCode.UnprocessableEntity, "truncated", bird[..(bird.Length / 2)]);
        using HttpResponseMessage endless = await birds.Client.PostAsync("/classify", new StreamContent(new Zeros(400_000)), Cancellation);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, endless.StatusCode);
        Assert.Equal(0, (await birds.GetJson("/healthz")).GetProperty("waiting").GetInt32());
        Assert.Empty(birds.Notes);

        async Task Refused(HttpStatusCode status, string reason, byte[] upload)
        {
            foreach (string address in new[] { "/classify", "/photographs" })
            {
                using HttpResponseMessage answer = await birds.Client.PostAsync(address, new ByteArrayContent(upload), Cancellation);
                Assert.Equal(status, answer.StatusCode);
                string error = (await ServedBirds.Json(answer)).GetProperty("error").GetString()!;
                Assert.Contains(reason, error, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("multipart/form-data")]
    [InlineData("multipart/form-data; boundary=")]
    [InlineData("multipart/form-data; boundary=x")]
    public async Task A_malformed_form_is_refused(string type)
    {
        await using ServedBirds birds = await ServedBirds.Start(editable: false);
        foreach (string body in new[] { "", "--x", "--x\r\n", "--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n\r\n", new string('a', 40_000) })
        {
            using ByteArrayContent content = new(Encoding.ASCII.GetBytes(body));
            content.Headers.TryAddWithoutValidation("Content-Type", type);
            using HttpResponseMessage answer = await birds.Client.PostAsync("/photographs", content, Cancellation);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Random_requests_do_no_harm()
    {
        await using ServedBirds birds = await ServedBirds.Start(new() { Pixels = 1_000_000 });
        await birds.Ready();
        byte[] png = ServedBirds.Bird(0), jpeg = ImageCodec.EncodeJpeg(Birds.Paint(0), 80);
        string before = await birds.Get("/model");
        string[] addresses = ["/classify", "/photographs", "/edits", "/edits/undo", "/edits/redo", "/model", "/", "/photographs/x", "/%00", "/classify?class=-1"];
        string[] types = ["image/png", "application/json", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "text/plain", "x"];
        HashSet<HttpStatusCode> seen = [];
        for (int i = 0; i < _requests; i++)
        {
            DeterministicRandom random = new((ulong)i);
            byte[] body = Mutated(random.NextInt(2) == 0 ? png : jpeg, random);
            if (random.NextInt(4) == 0) body = [.. "--x\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\n"u8, .. body, .. "\r\n--x--"u8];
            using ByteArrayContent content = new(body);
            content.Headers.TryAddWithoutValidation("Content-Type", types[random.NextInt(types.Length)]);
            using HttpResponseMessage answer = await birds.Client.PostAsync(addresses[random.NextInt(addresses.Length)], content, Cancellation);
            Assert.NotEqual(HttpStatusCode.InternalServerError, answer.StatusCode);
            seen.Add(answer.StatusCode);
        }
        for (int i = 0; i < _requests; i += 10) await Bytes(birds.Server.Address.Port, new DeterministicRandom((ulong)i));
        Assert.Contains(HttpStatusCode.UnprocessableEntity, seen);
        Assert.Contains(HttpStatusCode.BadRequest, seen);
        Assert.Empty(birds.Notes);
        Assert.Equal(before, await birds.Get("/model"));
        using HttpResponseMessage still = await birds.Classify(png);
        Assert.Equal(HttpStatusCode.OK, still.StatusCode);
    }

    private static byte[] Mutated(byte[] original, DeterministicRandom random)
    {
        byte[] bytes = [.. original];
        for (int i = 1 + random.NextInt(8); i > 0; i--) bytes[random.NextInt(Math.Min(bytes.Length, random.NextInt(2) == 0 ? 64 : bytes.Length))] = (byte)random.NextInt(256);
        return random.NextInt(3) == 0 ? bytes[..random.NextInt(bytes.Length)] : bytes;
    }

    /// <summary>Bytes that are hardly HTTP; whatever the answer, the server lives.</summary>
    private static async Task Bytes(int port, DeterministicRandom random)
    {
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, port, Cancellation);
        string start = random.NextInt(2) == 0 ? "POST /classify HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999\r\n" : "";
        byte[] bytes = [.. Encoding.ASCII.GetBytes(start), .. Enumerable.Range(0, 100).Select(_ => (byte)random.NextInt(256))];
        await client.GetStream().WriteAsync(bytes, Cancellation);
    }

    /// <summary>A PNG file that claims a size.</summary>
    private static byte[] Claiming(uint width, uint height)
    {
        byte[] header = [.. "IHDR"u8, 0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0];
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), width);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(8), height);
        byte[] sum = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(sum, Crc32.Of(new MemoryStream(header)));
        return [0x89, .. "PNG\r\n\x1a\n"u8, 0, 0, 0, 13, .. header, .. sum, 0, 0, 0, 0, .. "IDAT"u8, 0x35, 0xAF, 0x06, 0x1E];
    }

    /// <summary>A JPEG file with its scan repeated.</summary>
    private static byte[] WithScans(int scans)
    {
        byte[] jpeg = ImageCodec.EncodeJpeg(new(64, 64, new byte[12_288]), 80);
        int start = jpeg.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]);
        byte[] scan = jpeg[start..^2];
        return [.. jpeg[..start], .. Enumerable.Repeat(scan, scans).SelectMany(one => one), .. jpeg[^2..]];
    }

    /// <summary>A body of unknown length.</summary>
    private sealed class Zeros(int count) : Stream
    {
        private int _left = count;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            int read = Math.Min(count, _left);
            Array.Clear(buffer, offset, read);
            _left -= read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
