using System.Net;

namespace ProtoPNet.Serve;

/// <summary>Where the server listens, and whom it answers.</summary>
internal sealed record ServerOptions
{
    /// <summary>The address; only programs of this machine reach the default.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>The port; 0 for a free one.</summary>
    public int Port { get; init; }

    /// <summary>
    /// Names under which requests may call the server, besides those of this machine and its address. Others are refused: a page of a stranger can
    /// make its own name point here.
    /// </summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>What requests may cost.</summary>
    public ServerLimits Limits { get; init; } = new();

    /// <summary>Receives what the operator should know: errors of the server itself.</summary>
    public Action<string> Note { get; init; } = static _ => { };
}

/// <summary>What requests may cost. All of it together bounds the memory of the server.</summary>
internal sealed record ServerLimits
{
    /// <summary>The maximum size of an upload.</summary>
    public int UploadBytes { get; init; } = 20 << 20;

    /// <summary>The maximum size of all uploads in memory at once; further ones are asked to come again.</summary>
    public long AllUploadBytes { get; init; } = 256 << 20;

    /// <summary>The maximum number of pixels of a photograph.</summary>
    public long Pixels { get; init; } = 50_000_000;

    /// <summary>The maximum number of scans of a progressive JPEG file; cameras and editors write about ten.</summary>
    public int Scans { get; init; } = 100;

    /// <summary>The number of requests that may wait for the network; further ones are asked to come again.</summary>
    public int Waiting { get; init; } = 256;

    /// <summary>The longest time that a request may take to arrive, and then to be answered.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The number of photographs whose links are kept; the oldest go first.</summary>
    public int KeptPhotographs { get; init; } = 200;

    /// <summary>The maximum size of all of them.</summary>
    public long KeptBytes { get; init; } = 256 << 20;

    /// <summary>The number of edits that can be undone.</summary>
    public int Edits { get; init; } = 500;
}
