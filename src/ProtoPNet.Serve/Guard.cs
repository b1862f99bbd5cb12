using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace ProtoPNet.Serve;

/// <summary>
/// Decides whom the server answers. Pages of strangers, open in the same browser, must neither use it (cross-site requests) nor read from it (a
/// stranger's name that points to this machine).
/// </summary>
internal sealed class Guard(ServerOptions options)
{
    private static readonly string[] s_here = ["localhost", "127.0.0.1", "[::1]"];

    private readonly HashSet<string> _hosts = new([.. s_here, Literal(options.Address), .. options.Hosts], StringComparer.OrdinalIgnoreCase);

    /// <summary>Adds the headers of every answer.</summary>
    public static void Protect(IHeaderDictionary headers)
    {
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        // Not "no-referrer": browsers then keep silent about where a form comes from, even the server's own.
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.ContentSecurityPolicy = "frame-ancestors 'none'";
        headers.CacheControl = "no-store";
    }

    /// <summary>Why a request is refused; null if it is not.</summary>
    public string? Refusal(HttpRequest request)
    {
        if (!_hosts.Contains(request.Host.Host))
            return "This name is not one of the server's. If it should be, start the server with --host and the name.";
        string site = request.Headers["Sec-Fetch-Site"].ToString();
        bool changes = !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method);
        bool navigates = request.Headers["Sec-Fetch-Mode"] == "navigate";
        if (site is not ("" or "same-origin" or "none") && (changes || !navigates)) return "The request comes from a page of another site.";
        // Browsers that say so know it better than the server, which a proxy may have spared the encryption or given another name.
        if (site == "same-origin") return null;
        string origin = request.Headers[HeaderNames.Origin].ToString();
        return origin.Length > 0 && changes && !string.Equals(Authority(origin), request.Host.ToString(), StringComparison.OrdinalIgnoreCase)
            ? "The request comes from a page of another site."
            : null;
    }

    /// <summary>Name and port of an origin, whatever its scheme; null for none.</summary>
    private static string? Authority(string origin) => Uri.TryCreate(origin, UriKind.Absolute, out Uri? address) ? address.Authority : null;

    private static string Literal(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : $"{address}";
}
