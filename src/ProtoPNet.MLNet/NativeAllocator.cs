using System.Runtime.InteropServices;

namespace ProtoPNet.MLNet;

/// <summary>
/// What a program can ask of the memory that libtorch computes in. It concerns the whole process, so that the library does none of it unasked.
/// </summary>
public static partial class NativeAllocator
{
    private const int LargeBlock = 16 << 20, Kept = 512 << 20, MmapThreshold = -3, TrimThreshold = -1, ArenaMax = -8; // M_… of malloc.h

    /// <summary>
    /// Has blocks of 16 MiB and more returned to the system as soon as they are free, smaller ones kept for the next step, and large tensors laid
    /// into huge pages. Of itself glibc keeps blocks of up to 32 MiB, which tensors of other sizes do not fit into, and returns small ones that the
    /// next step asks for again. And it gives threads heaps of their own, between which freed memory never moves, so that a process grows step by
    /// step: here threads that begin later share what heaps there are. Call it once when the program starts, before anything is computed.
    /// </summary>
    /// <returns>Whether it was done: on Linux with glibc, unless <c>MALLOC_MMAP_THRESHOLD_</c> is set, which goes first.</returns>
    public static bool ReturnLargeBlocks()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable("MALLOC_MMAP_THRESHOLD_") is not null) return false;
        try
        {
            // Not Environment.SetEnvironmentVariable, which native code does not see.
            _ = SetEnvironment("THP_MEM_ALLOC_ENABLE", "1", overwrite: 0);
            return SetOption(MmapThreshold, LargeBlock) == 1 && SetOption(TrimThreshold, Kept) == 1 && SetOption(ArenaMax, 1) == 1;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return false; // another C library
        }
    }

    [LibraryImport("libc.so.6", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    [LibraryImport("libc.so.6", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);
}
