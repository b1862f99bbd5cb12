using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Tests;

/// <summary>Tests may call TorchSharp before the library, so the loader for older Linux systems must already be installed.</summary>
internal static class LibraryFirst
{
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "It must run before any test.")]
    internal static void Load() => RuntimeHelpers.RunModuleConstructor(typeof(Prototype).Module.ModuleHandle);
}
