using System.Runtime.InteropServices;
using ProtoPNet.MLNet.Randomness;

namespace ProtoPNet.MLNet.Training;

/// <summary>A fast 64-bit digest that detects damage; it does not resist forgery.</summary>
internal static class Digest
{
    /// <summary>The digest of <paramref name="bytes"/>; another <paramref name="salt"/> gives another digest.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes, ulong salt = 0)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        ulong digest = (ulong)bytes.Length ^ salt;
        foreach (ulong word in words) digest = ulong.RotateLeft((digest ^ word) * 0x9E3779B97F4A7C15, 29);
        foreach (byte rest in bytes[(8 * words.Length)..]) digest = SplitMix.Combine(digest, rest);
        return SplitMix.Combine(digest, 0);
    }
}
