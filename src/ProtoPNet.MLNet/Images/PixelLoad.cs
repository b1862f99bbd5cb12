using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ProtoPNet.MLNet.Images;

/// <summary>Reads single pixels of a photograph as vectors, four bytes at a time: the fourth is the next pixel's and means nothing.</summary>
internal readonly ref struct PixelLoad(ReadOnlySpan<byte> pixels)
{
    private readonly ref byte _pixels = ref MemoryMarshal.GetReference(pixels);

    /// <summary>The very last pixel has no fourth byte after it.</summary>
    private readonly nuint _last = (nuint)pixels.Length - 3;

    /// <summary>Red, green and blue of the pixel that begins at byte <paramref name="at"/>, which must be one of the photograph's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector128<int> At(nuint at)
    {
        uint rgb = at < _last ? Unsafe.ReadUnaligned<uint>(ref Unsafe.AddByteOffset(ref _pixels, at))
            : (uint)(Unsafe.AddByteOffset(ref _pixels, at)
                | Unsafe.AddByteOffset(ref _pixels, at + 1) << 8
                | Unsafe.AddByteOffset(ref _pixels, at + 2) << 16);
        return Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(rgb).AsByte())).AsInt32();
    }
}
