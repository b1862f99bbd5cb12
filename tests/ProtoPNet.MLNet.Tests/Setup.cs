using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using TorchSharp;

namespace ProtoPNet.MLNet.Tests;

/// <summary>Test classes run in parallel: one libtorch thread each is faster than two that wait for each other.</summary>
internal static class Setup
{
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "A test assembly is an application.")]
    internal static void OneThread() => torch.set_num_threads(1);
}
