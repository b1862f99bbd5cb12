using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Security.Cryptography;
using ProtoPNet.MLNet.Files;

namespace ProtoPNet.MLNet.Native;

/// <summary>
/// Loads TorchSharp's native library on Linux systems whose C++ runtime is older than the one it was built with
/// (Debian 12, Ubuntu 22.04, RHEL 9). The library requires <see cref="NewRuntime"/> because of a marker symbol that nothing uses;
/// a private copy that requires it only weakly does load. Used only after the ordinary search has failed.
/// </summary>
internal static class LibtorchLoader
{
    /// <summary>The version of libstdc++ (GCC 13) that TorchSharp's native library requires.</summary>
    public const string NewRuntime = "GLIBCXX_3.4.32";

    /// <summary>TorchSharp's native library, as TorchSharp names it.</summary>
    public const string Binding = "LibTorchSharp";

    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "The hook must be installed before the first call into TorchSharp, wherever that is.")]
    internal static void Subscribe()
    {
        if (OperatingSystem.IsLinux()) AssemblyLoadContext.Default.ResolvingUnmanagedDll += Resolve;
    }

    private static nint Resolve(Assembly assembly, string name)
    {
        if (Path.GetFileNameWithoutExtension(name) is not (Binding or "lib" + Binding)) return 0;
        string? library = SearchFolders(assembly).Select(f => Path.Combine(f, "lib" + Binding + ".so")).FirstOrDefault(File.Exists);
        // The library was not found, or needs no repair.
        return library is null ? 0 : Load(library, SearchFolders(assembly), CacheFolder());
    }

    /// <summary>Loads the libraries of libtorch by full path, then a repaired copy of <paramref name="library"/>.</summary>
    /// <exception cref="LibtorchUnavailableException">A library is missing; the message says which, and how to install it.</exception>
    internal static nint Load(string library, IEnumerable<string> folders, string cacheFolder)
    {
        string? libtorch = folders.FirstOrDefault(f => File.Exists(Path.Combine(f, "libtorch_cpu.so")))
            ?? throw new LibtorchUnavailableException($"libtorch was not found. {Libtorch.Advice}");
        try
        {
            foreach (string part in (string[])["libc10.so", "libtorch_cpu.so", "libc10_cuda.so", "libtorch_cuda.so", "libtorch.so"])
            {
                string path = Path.Combine(libtorch, part);
                if (File.Exists(path)) NativeLibrary.Load(path);
            }
            return LoadRepaired(library, cacheFolder);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException or IOException or UnauthorizedAccessException)
        {
            throw new LibtorchUnavailableException(
                $"TorchSharp's native library '{library}' could not be loaded, even with its requirement of {NewRuntime} relaxed: "
                + $"{e.Message} Install a C++ runtime of GCC 13 or newer (package libstdc++6 on Debian and Ubuntu), or set PROTOPNET_CACHE to a "
                + $"folder that is writable and allows execution; '{cacheFolder}' and '{Path.GetTempPath()}' are not.", e);
        }
    }

    /// <summary>
    /// Loads the repaired copy from the cache or, if that is not writable or executable (as in some containers), from a temporary folder
    /// of this process, which is removed afterwards: on Linux, loaded libraries stay mapped.
    /// </summary>
    private static nint LoadRepaired(string library, string cacheFolder)
    {
        try
        {
            return NativeLibrary.Load(RepairedCopy(library, cacheFolder));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException)
        {
            DirectoryInfo own = Directory.CreateTempSubdirectory("protopnet-");
            try
            {
                return NativeLibrary.Load(RepairedCopy(library, own.FullName));
            }
            finally
            {
                own.Delete(recursive: true);
            }
        }
    }

    /// <summary>
    /// A copy of <paramref name="library"/> in <paramref name="cacheFolder"/>, named by content hash, that requires the new runtime only weakly.
    /// </summary>
    internal static string RepairedCopy(string library, string cacheFolder)
    {
        byte[] bytes = File.ReadAllBytes(library);
        string key = Convert.ToHexStringLower(SHA256.HashData(bytes))[..32];
        string folder = Path.Combine(cacheFolder, "native", key), copy = Path.Combine(folder, Path.GetFileName(library));
        if (File.Exists(copy)) return copy;

        if (ElfVersionNeeds.MarkWeak(bytes, NewRuntime) == 0)
            throw new BadImageFormatException($"It does not require {NewRuntime}, so the cause lies elsewhere.");
        WholeFile.Write(copy, bytes);
        return copy;
    }

    internal static string CacheFolder() => Environment.GetEnvironmentVariable("PROTOPNET_CACHE") is { Length: > 0 } chosen
        ? chosen
        : Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify)
                is { Length: > 0 } local
                ? local
                : Path.GetTempPath(),
            "protopnet");

    /// <summary>Where .NET itself searches for native libraries: the host's list, the application's folder, the binding's package.</summary>
    internal static IReadOnlyList<string> SearchFolders(Assembly assembly)
    {
        var folders = new List<string>();
        if (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") is string host)
            folders.AddRange(host.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries));
        foreach (string? root in (string?[])[AppContext.BaseDirectory, Path.GetDirectoryName(assembly.Location)])
        {
            if (string.IsNullOrEmpty(root)) continue;
            folders.Add(root);
            folders.Add(Path.Combine(root, "runtimes", RuntimeInformation.RuntimeIdentifier, "native"));
            folders.Add(Path.Combine(root, "runtimes", "linux-x64", "native"));
        }
        return [.. folders.Distinct()];
    }
}
