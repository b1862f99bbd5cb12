using System.Text.Json;
using Xunit;

namespace ProtoPNet.MLNet.Tests;

/// <summary>Files next to the repository (photographs, weights), and the golden numbers in the test project.</summary>
internal static class Shared
{
    public static string Root { get; } = FindRoot();

    /// <summary>A file or folder of <c>../shared</c>; skips the test if absent.</summary>
    public static string Path(params string[] parts)
    {
        string path = System.IO.Path.Combine([Root, "..", "shared", .. parts]);
        Assert.SkipUnless(
            File.Exists(path) || Directory.Exists(path),
            $"'{string.Join('/', parts)}' is not here: it belongs in the folder 'shared' next to the repository.");
        return path;
    }

    /// <summary>A JSON file of the folder <c>Golden</c> of this project, copied to the test output.</summary>
    public static JsonElement Golden(string file)
        => JsonDocument.Parse(File.ReadAllBytes(System.IO.Path.Combine(AppContext.BaseDirectory, "Golden", file))).RootElement;

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "ProtoPNet.MLNet.sln"))) return folder.FullName;
        throw new DirectoryNotFoundException("The tests must run inside the repository.");
    }
}
