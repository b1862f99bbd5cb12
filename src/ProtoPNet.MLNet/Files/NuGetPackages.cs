namespace ProtoPNet.MLNet.Files;

/// <summary>The folder into which NuGet unpacks the packages of all applications.</summary>
internal static class NuGetPackages
{
    /// <summary>Its usual place, or the one that NUGET_PACKAGES names.</summary>
    public static string Folder => Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } set ? set
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
}
