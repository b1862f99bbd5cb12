using System.Runtime.InteropServices;

namespace ProtoPNet.Cli.Libtorch;

/// <summary>The libraries of libtorch as they lie in a folder.</summary>
internal static class LibtorchLibraries
{
    /// <summary>In the order of their needs; not all are everywhere.</summary>
    private static readonly string[] s_names = ["c10", "torch_cpu", "c10_cuda", "torch_cuda", "torch"];

    /// <summary>The file of a library on this platform.</summary>
    public static string File(string name)
        => OperatingSystem.IsWindows() ? $"{name}.dll" : OperatingSystem.IsMacOS() ? $"lib{name}.dylib" : $"lib{name}.so";

    /// <summary>The first folder that holds them; null if none does.</summary>
    public static string? In(IEnumerable<string> folders) => folders.FirstOrDefault(folder => System.IO.File.Exists(Path.Combine(folder, File("torch_cpu"))));

    /// <summary>Loads them, so that a library that needs them finds them in memory.</summary>
    /// <exception cref="DllNotFoundException">One cannot be loaded.</exception>
    public static void Load(string folder)
    {
        foreach (string path in s_names.Select(name => Path.Combine(folder, File(name))).Where(System.IO.File.Exists)) NativeLibrary.Load(path);
    }
}
