using System.Reflection;
using ProtoPNet.Cli.Libtorch;
using TorchSharp;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Cli;

/// <summary>Which libtorch: what the tool restores, and what a build without one is told to add.</summary>
public sealed class LibtorchPackageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_package_is_there_once_NuGet_has_finished_it()
    {
        var package = new LibtorchPackage("LibTorch-x", "1.2.3", "linux-x64");
        Assert.Null(package.In(_folder.Path));
        _folder.Write("libtorch-x/1.2.3/runtimes/linux-x64/native/libtorch_cpu.so", "");
        Assert.Null(package.In(_folder.Path));
        _folder.Write("libtorch-x/1.2.3/.nupkg.metadata", "{}");
        Assert.Equal(_folder.In("libtorch-x", "1.2.3", "runtimes", "linux-x64", "native"), package.In(_folder.Path));
    }

    [Fact]
    public void Builds_and_documents_name_the_versions_in_use()
    {
        string libtorch = typeof(ProtoPNetTransformer).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(data => data.Key == "LibtorchVersion").Value!;
        string torchSharp = typeof(torch).Assembly.GetName().Version!.ToString(3);
        foreach (string file in (string[])["src/ProtoPNet.MLNet/buildTransitive/ProtoPNet.MLNet.targets", "docs/install.md", "src/ProtoPNet.MLNet/PACKAGE.md"])
        {
            string text = File.ReadAllText(Path.Combine(Shared.Root, file));
            Assert.Contains(libtorch, text, StringComparison.Ordinal);
            Assert.Contains(torchSharp, text, StringComparison.Ordinal);
        }
    }
}
