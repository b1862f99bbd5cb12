using System.Runtime.Intrinsics.X86;

namespace ProtoPNet.MLNet.Native;

/// <summary>Arithmetic in bfloat16: the upper half of a 32-bit number.</summary>
internal static class Bfloat16
{
    private const int ExtendedFeatures = 7, AmxBf16 = 1 << 22, Avx512Bf16 = 1 << 5;

    /// <summary>
    /// Whether the processor multiplies such numbers itself, which libtorch (oneDNN) then uses: AVX512-BF16 (AMD since Zen 4, Intel since Cooper Lake) or
    /// AMX-BF16 (Intel since Sapphire Rapids). Elsewhere they have to be converted first.
    /// </summary>
    public static bool IsNative { get; } = Avx512F.IsSupported && (Amx || Avx512);

    private static bool Amx => (X86Base.CpuId(ExtendedFeatures, 0).Edx & AmxBf16) != 0;

    private static bool Avx512 => X86Base.CpuId(ExtendedFeatures, 0).Eax >= 1 && (X86Base.CpuId(ExtendedFeatures, 1).Eax & Avx512Bf16) != 0;
}
