using System.Runtime.InteropServices;
using ProtoPNet.MLNet.Native;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Native;

/// <summary>Trainings in concurrent tests would give the memory back, too.</summary>
[Collection(nameof(Alone))]
public sealed unsafe partial class FreedMemoryTests
{
    private const int Size = 1 << 16, Blocks = 2000, Page = 4096;

    [Fact]
    public void Freed_blocks_below_one_in_use_go_back_to_the_system()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out _), "only glibc keeps what is freed");
        var blocks = new nint[Blocks];
        for (int i = 0; i < Blocks; i++)
        {
            blocks[i] = (nint)NativeMemory.Alloc(Size);
            new Span<byte>((void*)blocks[i], Size).Fill(1);
        }
        // The last stays in use, and the heap can only shrink from its end.
        for (int i = 0; i < Blocks - 1; i++) NativeMemory.Free((void*)blocks[i]);
        Assert.InRange(InMemory(blocks), Blocks * 3 / 4, Blocks);
        FreedMemory.GiveBack();
        Assert.InRange(InMemory(blocks), 1, Blocks / 4);
        NativeMemory.Free((void*)blocks[^1]);
    }

    /// <summary>The number of blocks whose middle page has memory behind it.</summary>
    private static int InMemory(nint[] blocks)
    {
        int count = 0;
        foreach (nint block in blocks)
        {
            byte there = 0;
            nint middle = (block + Size / 2) & ~(nint)(Page - 1);
            if (Mincore((void*)middle, Page, &there) == 0 && (there & 1) != 0) count++;
        }
        return count;
    }

    [LibraryImport("libc.so.6", EntryPoint = "mincore")]
    private static partial int Mincore(void* address, nuint length, byte* resident);
}
