namespace ProtoPNet.Serve;

/// <summary>The description of the HTTP interface.</summary>
internal static class OpenApi
{
    /// <summary>An OpenAPI 3.1 document.</summary>
    public static string Document { get; } = Read();

    private static string Read()
    {
        using Stream stream = typeof(OpenApi).Assembly.GetManifestResourceStream(typeof(OpenApi), "Assets.openapi.json")
            ?? throw new FileNotFoundException("There is no asset 'openapi.json'.");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
