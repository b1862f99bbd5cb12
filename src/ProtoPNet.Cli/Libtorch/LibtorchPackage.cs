using System.Diagnostics;
using System.Text.Json;

namespace ProtoPNet.Cli.Libtorch;

/// <summary>The package with libtorch for this platform, in NuGet's packages folder, from which applications get it, too.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Platform">The folder of its libraries in <c>runtimes</c>.</param>
internal sealed record LibtorchPackage(string Id, string Version, string Platform)
{
    /// <summary>The folder of its libraries in a packages folder; null if they are not there.</summary>
    public string? In(string packages)
    {
        string folder = Path.Combine(packages, Id.ToLowerInvariant(), Version), libraries = Path.Combine(folder, "runtimes", Platform, "native");
        // NuGet writes this file last.
        return File.Exists(Path.Combine(folder, ".nupkg.metadata")) && Directory.Exists(libraries) ? libraries : null;
    }

    /// <summary>Has NuGet restore the package, with the user's sources and settings; returns the folder of its libraries.</summary>
    /// <exception cref="IOException">It could not be restored; the message says why.</exception>
    public string Restore()
    {
        DirectoryInfo work = Directory.CreateTempSubdirectory("protopnet-restore-");
        try
        {
            string project = Path.Combine(work.FullName, "libtorch.csproj");
            File.WriteAllText(project, $"""
                <Project Sdk="Microsoft.NET.Sdk">
                  <PropertyGroup>
                    <TargetFramework>net{Environment.Version.ToString(2)}</TargetFramework>
                    <UseAppHost>false</UseAppHost>
                  </PropertyGroup>
                  <ItemGroup>
                    <PackageDownload Include="{Id}" Version="[{Version}]" />
                  </ItemGroup>
                </Project>
                """);
            Run("dotnet", "restore", project, "--verbosity", "quiet");
            using JsonDocument assets = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(work.FullName, "obj", "project.assets.json")));
            return assets.RootElement.GetProperty("packageFolders").EnumerateObject().Select(folder => In(folder.Name)).FirstOrDefault(found => found is not null)
                ?? throw new IOException($"NuGet restored {Id} {Version}, but it does not contain runtimes/{Platform}/native.");
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = new Process
        {
            StartInfo = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true },
        };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new IOException($"'{program}' could not be started: {e.Message}", e);
        }
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new IOException($"'{program} {arguments[0]}' failed: {output} {errors.Result.Trim()}".Trim());
    }
}
