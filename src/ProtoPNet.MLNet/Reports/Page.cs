namespace ProtoPNet.MLNet.Reports;

/// <summary>What all pages have in common: head, style, script. Everything is inside; the page's own policy forbids it to load anything.</summary>
internal static class Page
{
    /// <param name="title">What the browser calls it.</param>
    /// <param name="kind">Which style and script it has beside those of all pages.</param>
    /// <param name="body">What is seen.</param>
    /// <param name="head">More for the head.</param>
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
