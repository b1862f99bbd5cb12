using ProtoPNet.MLNet.Native;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Native;

public sealed class LibtorchLoaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("protopnet-native-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Library(params string[] versions)
    {
        string path = Path.Combine(_folder, "libLibTorchSharp.so");
        File.WriteAllBytes(path, SmallElf.Asking(("libstdc++.so.6", versions)));
        return path;
    }

    private string Cache => Path.Combine(_folder, "cache");

    [Fact]
    public void The_repaired_copy_lies_in_the_cache_and_the_original_is_left_alone()
    {
        string library = Library(LibtorchLoader.NewRuntime);
        byte[] original = File.ReadAllBytes(library);

        string copy = LibtorchLoader.RepairedCopy(library, Cache);

        Assert.StartsWith(Cache, copy);
        Assert.Equal("libLibTorchSharp.so", Path.GetFileName(copy));
        Assert.Equal(original, File.ReadAllBytes(library));
        Assert.Equal(2, SmallElf.FlagsOf(File.ReadAllBytes(copy), "libstdc++.so.6", LibtorchLoader.NewRuntime));
        Assert.Equal([copy], Directory.GetFiles(Cache, "*", SearchOption.AllDirectories)); // no temporary files left
    }

    [Fact]
    public void A_second_call_takes_the_copy_that_is_there()
    {
        string library = Library(LibtorchLoader.NewRuntime);
        string copy = LibtorchLoader.RepairedCopy(library, Cache);
        File.WriteAllText(copy, "marked by the test");
        Assert.Equal(copy, LibtorchLoader.RepairedCopy(library, Cache));
        Assert.Equal("marked by the test", File.ReadAllText(copy));
    }

    [Fact]
    public void Another_library_gets_another_copy()
    {
        string first = LibtorchLoader.RepairedCopy(Library(LibtorchLoader.NewRuntime), Cache);
        string second = LibtorchLoader.RepairedCopy(Library(LibtorchLoader.NewRuntime, "CXXABI_1.3"), Cache);
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void Many_at_once_end_with_one_whole_copy()
    {
        string library = Library(LibtorchLoader.NewRuntime);
        string[] copies = [.. Enumerable.Range(0, 16).AsParallel().WithDegreeOfParallelism(8)
            .Select(_ => LibtorchLoader.RepairedCopy(library, Cache))];
        Assert.Single(copies.Distinct());
        Assert.Equal(new FileInfo(library).Length, new FileInfo(copies[0]).Length);
        Assert.Single(Directory.GetFiles(Cache, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Without_libtorch_the_message_names_the_package_and_its_version()
    {
        var e = Assert.Throws<LibtorchUnavailableException>(() => LibtorchLoader.Load(Library(LibtorchLoader.NewRuntime), [_folder], Cache));
        Assert.Contains("libtorch-cpu-linux-x64", e.Message);
        Assert.Contains("TorchSharp-cuda-linux", e.Message);
        Assert.Contains("--version 2.10.0", e.Message);
    }

    [Fact]
    public void A_library_that_no_repair_helps_says_why_and_what_to_do()
    {
        File.WriteAllText(Path.Combine(_folder, "libtorch_cpu.so"), "no library");
        var e = Assert.Throws<LibtorchUnavailableException>(() => LibtorchLoader.Load(Library("GLIBCXX_3.4"), [_folder], Cache));
        Assert.Contains("libLibTorchSharp.so", e.Message);
        Assert.Contains("libstdc++6", e.Message);
        Assert.Contains("PROTOPNET_CACHE", e.Message);
    }

    [Fact]
    public void A_library_that_does_not_ask_for_the_new_runtime_is_not_repaired()
    {
        var e = Assert.Throws<BadImageFormatException>(() => LibtorchLoader.RepairedCopy(Library("GLIBCXX_3.4"), Cache));
        Assert.Contains(LibtorchLoader.NewRuntime, e.Message);
        Assert.False(Directory.Exists(Path.Combine(Cache, "native")));
    }
}
