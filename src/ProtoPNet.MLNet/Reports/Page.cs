namespace ProtoPNet.MLNet.Reports;

/// <summary>What all pages have in common: head, style, script. Everything is inside; the page's own policy forbids it to load anything.</summary>
internal static class Page
{
    public static string Render(string title, string kind, Markup body) => Markup.Of($"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
        <link rel="icon" href="data:,">
        <title>{title}</title>
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
