using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ProtoPNet.MLNet.Images;

/// <summary>Reads single pixels of a photograph as vectors, four bytes at a time: the fourth belongs to the next pixel and is ignored.</summary>
internal readonly ref struct PixelLoad(ReadOnlySpan<byte> pixels)
{
    private readonly ref byte _pixels = ref MemoryMarshal.GetReference(pixels);

    /// <summary>The last pixel of the photograph has no fourth byte.</summary>
    private readonly nuint _last = (nuint)pixels.Length - 3;

    /// <summary>Red, green and blue of the pixel starting at byte <paramref name="at"/>, which must lie in the photograph.</summary>
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
