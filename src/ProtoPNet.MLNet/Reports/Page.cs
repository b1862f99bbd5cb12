namespace ProtoPNet.MLNet.Reports;

/// <summary>
/// The common frame of all pages: head, style, script. Pages are self-contained; their content security policy forbids loading anything.
/// </summary>
internal static class Page
{
    /// <param name="title">The page's title.</param>
    /// <param name="kind">The name of its own style and script.</param>
    /// <param name="body">The visible content.</param>
    /// <param name="head">Additional markup for the head.</param>
    public static string Render(string title, string kind, Markup body, Markup head = default) => Markup.Of($"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
        <link rel="icon" href="data:,">
        <title>{title}</title>{head}
        <style>{Asset("page.css")}{Asset(kind + ".css")}</style>
        </head>
        <body class="{kind}">
        {body}
        <script>{Asset(kind + ".js")}</script>
        </body>
        </html>

        """).ToString();

    private static Markup Asset(string name)
    {
        using Stream? stream = typeof(Page).Assembly.GetManifestResourceStream(typeof(Page), "Assets." + name);
        if (stream is null) return Markup.Empty;
        using StreamReader reader = new(stream);
        return Markup.Trusted(reader.ReadToEnd());
    }
}
