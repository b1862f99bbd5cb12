using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.Native;

namespace ProtoPNet.Cli.Libtorch;

/// <summary>
/// Finds libtorch for the installed tool, which would be half a gigabyte larger with it: in the folder that <see cref="Variable"/> names, else in
/// NuGet's packages folder, where it is restored when a verb first needs it. Asked only after the runtime's own search has failed, so that a libtorch
/// beside the tool comes first.
/// </summary>
internal static class LibtorchResolver
{
    /// <summary>The environment variable that names a folder with other libraries, such as those for NVIDIA GPUs.</summary>
    public const string Variable = "PROTOPNET_LIBTORCH";

    /// <summary>Call before anything else uses the library, whose own search comes after this one.</summary>
    public static void Register() => AssemblyLoadContext.Default.ResolvingUnmanagedDll += Resolve;

    /// <summary>The package for a platform; null if there is none.</summary>
    public static LibtorchPackage? Package(string version) => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 when OperatingSystem.IsLinux() => new("libtorch-cpu-linux-x64", version, "linux-x64"),
        Architecture.X64 when OperatingSystem.IsWindows() => new("libtorch-cpu-win-x64", version, "win-x64"),
        Architecture.Arm64 when OperatingSystem.IsMacOS() => new("libtorch-cpu-osx-arm64", version, "osx-arm64"),
        _ => null,
    };

    private static nint Resolve(Assembly assembly, string name)
    {
        if (Path.GetFileNameWithoutExtension(name) is not (LibtorchLoader.Binding or "lib" + LibtorchLoader.Binding or "torch_cpu")) return 0;
        IReadOnlyList<string> beside = LibtorchLoader.SearchFolders(assembly);
        if (LibtorchLibraries.In(beside) is not null) return 0;
        string folder = Folder();
        LibtorchLibraries.Load(folder);
        if (Path.GetFileNameWithoutExtension(name) == "torch_cpu") return NativeLibrary.Load(Path.Combine(folder, LibtorchLibraries.File("torch_cpu")));
        string? binding = beside.Select(place => Path.Combine(place, LibtorchLibraries.File(LibtorchLoader.Binding))).FirstOrDefault(File.Exists);
        if (binding is null) return 0;
        if (NativeLibrary.TryLoad(binding, out nint loaded)) return loaded;
        return OperatingSystem.IsLinux() ? LibtorchLoader.Load(binding, [folder], LibtorchLoader.CacheFolder()) : 0;
    }

    private static string Folder()
    {
        string version = MLNet.Native.Libtorch.LibtorchVersion;
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
            return LibtorchLibraries.In([named])
                ?? throw new LibtorchUnavailableException($"{Variable} is '{named}', but there is no '{LibtorchLibraries.File("torch_cpu")}' in it. "
                    + $"Name the folder of the libraries of libtorch {version}.");
        LibtorchPackage package = Package(version)
            ?? throw new LibtorchUnavailableException($"There is no libtorch package for {RuntimeInformation.RuntimeIdentifier}: the tool runs on Linux (x64), "
                + $"Windows (x64) and macOS (arm64). If you have libtorch {version}, set {Variable} to the folder of its libraries.");
        if (package.In(NuGetPackages.Folder) is { } there) return there;
        Console.Error.WriteLine($"Restoring {package.Id} {package.Version} with NuGet; this is needed once.");
        try
        {
            return package.Restore();
        }
        catch (IOException e)
        {
            throw new LibtorchUnavailableException($"libtorch is needed and could not be restored. {e.Message} "
                + $"Connect to a NuGet source that has {package.Id} {package.Version}, or set {Variable} to the folder of its libraries.", e);
        }
    }
}
