using System.Security.Cryptography;
using System.Text;

namespace ProtoPNet.MLNet.Reports;

/// <summary>Where a page is shown, which decides what it may load, and what is added to it.</summary>
/// <param name="Policy">What its content security policy allows besides its own style and script.</param>
internal sealed record PageSetting(string Policy)
{
    /// <summary>A file: it loads nothing.</summary>
    public static PageSetting File { get; } = new("default-src 'none'; img-src data:");

    /// <summary>Styles after those of the page's kind.</summary>
    public string Style { get; init; } = "";

    /// <summary>Script after that of the page's kind.</summary>
    public string Script { get; init; } = "";
}

/// <summary>
/// The common frame of all pages: head, style, script. Pages are self-contained; their content security policy forbids any script but their own, which
/// it gives by its hash.
/// </summary>
internal static class Page
{
    /// <param name="title">The page's title.</param>
    /// <param name="kind">The name of its own style and script.</param>
    /// <param name="body">The visible content.</param>
    /// <param name="head">Additional markup for the head.</param>
    /// <param name="setting">Where it is shown; null for a file.</param>
    public static string Render(string title, string kind, Markup body, Markup head = default, PageSetting? setting = null)
    {
        setting ??= PageSetting.File;
        string script = Asset(kind + ".js") + setting.Script;
        string hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)));
        return Markup.Of($"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta http-equiv="Content-Security-Policy" content="{Markup.Trusted(setting.Policy)}; style-src 'unsafe-inline'; script-src 'sha256-{Markup.Trusted(hash)}'">
            <link rel="icon" href="data:,">
            <title>{title}</title>{head}
            <style>{Markup.Trusted(Asset("page.css") + Asset(kind + ".css") + setting.Style)}</style>
            </head>
            <body class="{kind}">
            {body}
            <script>{Markup.Trusted(script)}</script>
            </body>
            </html>

            """).ToString();
    }

    /// <summary>A file of this assembly's assets, with line feeds as browsers count them; empty if there is none.</summary>
    private static string Asset(string name)
    {
        using Stream? stream = typeof(Page).Assembly.GetManifestResourceStream(typeof(Page), "Assets." + name);
        if (stream is null) return "";
        using StreamReader reader = new(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
