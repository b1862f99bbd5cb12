using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Native;

/// <summary>The references as evaluated by MSBuild; nothing is restored, so unavailable packages work too.</summary>
public class TorchBackendTests
{
    [Theory]
    [InlineData("cpu", "libtorch-cpu-linux-x64", "TorchSharp-cuda-linux")]
    [InlineData("cuda", "TorchSharp-cuda-linux", "libtorch-cpu-linux-x64")]
    public async Task The_backend_decides_which_libtorch_a_program_refers_to(string backend, string present, string absent)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The package names are those for Linux.");
        string[] packages = await References("examples/Quickstart/Quickstart.csproj", backend);
        Assert.Contains(present, packages);
        Assert.DoesNotContain(absent, packages);
        Assert.Single(packages, p => p.StartsWith("libtorch-", StringComparison.Ordinal) || p.StartsWith("TorchSharp-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_library_leaves_the_choice_to_the_program()
    {
        string[] packages = await References("src/ProtoPNet.MLNet/ProtoPNet.MLNet.csproj", "cuda");
        Assert.Contains("TorchSharp", packages);
        Assert.DoesNotContain(
            packages, p => p.StartsWith("libtorch-", StringComparison.Ordinal) || p.StartsWith("TorchSharp-", StringComparison.Ordinal));
    }

    private static async Task<string[]> References(string project, string backend)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = Shared.Root,
            RedirectStandardOutput = true,
            ArgumentList = { "msbuild", project, "-nologo", $"-p:TorchBackend={backend}", "-getItem:PackageReference" },
        };
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, output);
        return [.. JsonDocument.Parse(output).RootElement.GetProperty("Items").GetProperty("PackageReference").EnumerateArray()
            .Select(i => i.GetProperty("Identity").GetString()!)];
    }
}
