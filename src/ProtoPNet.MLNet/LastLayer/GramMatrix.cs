using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>Inner products of all pairs of columns, in blocks of four by four, so that each column read serves four products.</summary>
internal static class GramMatrix
{
    /// <summary>Column lengths are padded with zeros to a multiple of this.</summary>
    public const int Lanes = 16;

    private const int Side = 4;

    /// <summary>The m × m Gram matrix of m columns of <paramref name="length"/> floats; there is room for m rounded up to four columns.</summary>
    public static double[] Of(float[] columns, int count, int length)
    {
        var gram = new double[count * count];
        for (int a = 0; a < count; a += Side)
        {
            for (int b = 0; b <= a; b += Side)
                Tile(ref MemoryMarshal.GetArrayDataReference(columns), length, a, b, gram, count);
        }
        return gram;
    }

    private static void Tile(ref float columns, int length, int a, int b, double[] gram, int count)
    {
        ref float x = ref Unsafe.Add(ref columns, a * length), y = ref Unsafe.Add(ref columns, b * length);
        Vector512<float> s00 = default, s01 = default, s02 = default, s03 = default, s10 = default, s11 = default, s12 = default, s13 = default,
            s20 = default, s21 = default, s22 = default, s23 = default, s30 = default, s31 = default, s32 = default, s33 = default;
        for (int i = 0; i < length; i += Lanes)
        {
            Vector512<float> y0 = Load(ref y, i), y1 = Load(ref y, length + i), y2 = Load(ref y, 2 * length + i), y3 = Load(ref y, 3 * length + i);
            Vector512<float> v = Load(ref x, i);
            (s00, s01, s02, s03) = (s00 + v * y0, s01 + v * y1, s02 + v * y2, s03 + v * y3);
            v = Load(ref x, length + i);
            (s10, s11, s12, s13) = (s10 + v * y0, s11 + v * y1, s12 + v * y2, s13 + v * y3);
            v = Load(ref x, 2 * length + i);
            (s20, s21, s22, s23) = (s20 + v * y0, s21 + v * y1, s22 + v * y2, s23 + v * y3);
            v = Load(ref x, 3 * length + i);
            (s30, s31, s32, s33) = (s30 + v * y0, s31 + v * y1, s32 + v * y2, s33 + v * y3);
        }
        Span<float> sums = [Vector512.Sum(s00), Vector512.Sum(s01), Vector512.Sum(s02), Vector512.Sum(s03),
            Vector512.Sum(s10), Vector512.Sum(s11), Vector512.Sum(s12), Vector512.Sum(s13),
            Vector512.Sum(s20), Vector512.Sum(s21), Vector512.Sum(s22), Vector512.Sum(s23),
            Vector512.Sum(s30), Vector512.Sum(s31), Vector512.Sum(s32), Vector512.Sum(s33)];
        for (int p = a; p < Math.Min(a + Side, count); p++)
            for (int q = b; q < Math.Min(b + Side, count); q++)
                gram[p * count + q] = gram[q * count + p] = sums[(p - a) * Side + q - b];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Load(ref float source, int offset) => Vector512.LoadUnsafe(ref source, (nuint)offset);
}
