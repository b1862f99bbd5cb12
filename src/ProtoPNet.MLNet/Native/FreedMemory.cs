using System.Runtime.InteropServices;

namespace ProtoPNet.MLNet.Native;

/// <summary>
/// Memory that libtorch and ONNX Runtime have freed but glibc's allocator still holds. Blocks of up to 32 MB stay in its heaps, where one block in use
/// keeps all those below it: after a phase that needs much, the next one would be served beside it rather than in it.
/// </summary>
internal static partial class FreedMemory
{
    /// <summary>Gives such memory back to the system. Does nothing where the C library is not glibc.</summary>
    public static void GiveBack()
    {
        if (!OperatingSystem.IsLinux() || !NativeLibrary.TryLoad("libc.so.6", out nint libc)) return;
        try
        {
            if (NativeLibrary.TryGetExport(libc, "malloc_trim", out nint trim))
                Marshal.GetDelegateForFunctionPointer<MallocTrim>(trim)(0);
        }
        finally
        {
            NativeLibrary.Free(libc);
        }
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int MallocTrim(nuint pad);
}
