using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace ProtoPNet.MLNet.Native;

/// <summary>Checks early that libtorch is available.</summary>
internal static class Libtorch
{
    /// <summary>Loads libtorch unless already loaded.</summary>
    /// <exception cref="LibtorchUnavailableException">It is missing or cannot be loaded.</exception>
    public static void Require()
    {
        try
        {
            // On Linux, check first: if this fails, TorchSharp would copy half a gigabyte before reporting a long error.
            if (OperatingSystem.IsLinux()) NativeLibrary.Load(LibtorchLoader.Binding, typeof(torch).Assembly, null);
            RuntimeHelpers.RunClassConstructor(typeof(torch).TypeHandle);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException or TypeInitializationException)
        {
            throw new LibtorchUnavailableException($"libtorch could not be loaded. {Advice}", e);
        }
    }

    /// <summary>What to install on this system.</summary>
    public static string Advice => OperatingSystem.IsLinux() ? Install("linux-x64", "linux")
        : OperatingSystem.IsWindows() ? Install("win-x64", "windows")
        : $"{Add("libtorch-cpu-osx-arm64", LibtorchVersion)}.";

    private static string Install(string cpu, string cuda)
        => $"{Add($"libtorch-cpu-{cpu}", LibtorchVersion)}; for NVIDIA GPUs 'TorchSharp-cuda-{cuda}' {TorchSharpVersion} instead.";

    private static string Add(string package, string version)
        => $"Add its package to the application (a library's reference is not enough): dotnet add package {package} --version {version}";

    private static string TorchSharpVersion => typeof(torch).Assembly.GetName().Version!.ToString(3);

    /// <summary>The version of libtorch that TorchSharp was built with.</summary>
    public static string LibtorchVersion => typeof(Libtorch).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .First(data => data.Key == nameof(LibtorchVersion)).Value!;
}
