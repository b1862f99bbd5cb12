using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>
/// Products of one tile of similarities (float) with sparse weights, accumulated in double. Class rows of a tile
/// (<c>classes</c> × <see cref="RowTiles.Height"/> doubles) are contiguous.
/// </summary>
internal static class TileKernels
{
    /// <summary><paramref name="logits"/>[k, i] = Σ over the support of class k of weight × similarity of image i.</summary>
    public static void Multiply(ref float tile, nint stride, Support support, ReadOnlySpan<double> weights, ref double logits)
    {
        ReadOnlySpan<int> columns = support.Columns;
        for (int k = 0; k < support.Classes; k++)
        {
            Vector512<double> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
            for (int v = support.Starts[k]; v < support.Starts[k + 1]; v++)
            {
                ref float s = ref Unsafe.Add(ref tile, columns[v] * stride);
                Vector512<double> w = Vector512.Create(weights[v]);
                a0 = Vector512.MultiplyAddEstimate(Widen(ref s, 0), w, a0);
                a1 = Vector512.MultiplyAddEstimate(Widen(ref s, 8), w, a1);
                a2 = Vector512.MultiplyAddEstimate(Widen(ref s, 16), w, a2);
                a3 = Vector512.MultiplyAddEstimate(Widen(ref s, 24), w, a3);
                a4 = Vector512.MultiplyAddEstimate(Widen(ref s, 32), w, a4);
                a5 = Vector512.MultiplyAddEstimate(Widen(ref s, 40), w, a5);
                a6 = Vector512.MultiplyAddEstimate(Widen(ref s, 48), w, a6);
                a7 = Vector512.MultiplyAddEstimate(Widen(ref s, 56), w, a7);
            }
            ref double z = ref Unsafe.Add(ref logits, k * RowTiles.Height);
            a0.StoreUnsafe(ref z, 0);
            a1.StoreUnsafe(ref z, 8);
            a2.StoreUnsafe(ref z, 16);
            a3.StoreUnsafe(ref z, 24);
            a4.StoreUnsafe(ref z, 32);
            a5.StoreUnsafe(ref z, 40);
            a6.StoreUnsafe(ref z, 48);
            a7.StoreUnsafe(ref z, 56);
        }
    }

    /// <summary>
    /// <paramref name="sums"/>[v] += Σ over the tile's images of similarity to v's prototype × <paramref name="rows"/>[v's class, i].
    /// </summary>
    public static void TransposeMultiply(ref float tile, nint stride, Support support, ref double rows, Span<double> sums)
    {
        ReadOnlySpan<int> columns = support.Columns;
        for (int k = 0; k < support.Classes; k++)
        {
            ref double u = ref Unsafe.Add(ref rows, k * RowTiles.Height);
            Vector512<double> u0 = Vector512.LoadUnsafe(ref u, 0), u1 = Vector512.LoadUnsafe(ref u, 8),
                u2 = Vector512.LoadUnsafe(ref u, 16), u3 = Vector512.LoadUnsafe(ref u, 24), u4 = Vector512.LoadUnsafe(ref u, 32),
                u5 = Vector512.LoadUnsafe(ref u, 40), u6 = Vector512.LoadUnsafe(ref u, 48), u7 = Vector512.LoadUnsafe(ref u, 56);
            for (int v = support.Starts[k]; v < support.Starts[k + 1]; v++)
            {
                ref float s = ref Unsafe.Add(ref tile, columns[v] * stride);
                Vector512<double> a = Widen(ref s, 0) * u0, b = Widen(ref s, 8) * u1;
                a = Vector512.MultiplyAddEstimate(Widen(ref s, 16), u2, a);
                b = Vector512.MultiplyAddEstimate(Widen(ref s, 24), u3, b);
                a = Vector512.MultiplyAddEstimate(Widen(ref s, 32), u4, a);
                b = Vector512.MultiplyAddEstimate(Widen(ref s, 40), u5, b);
                a = Vector512.MultiplyAddEstimate(Widen(ref s, 48), u6, a);
                b = Vector512.MultiplyAddEstimate(Widen(ref s, 56), u7, b);
                sums[v] += Vector512.Sum(a + b);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Widen(ref float source, nuint offset)
    {
        Vector256<float> eight = Vector256.LoadUnsafe(ref source, offset);
        return Avx512F.IsSupported
            ? Avx512F.ConvertToVector512Double(eight)
            : Vector512.Create(Vector256.WidenLower(eight), Vector256.WidenUpper(eight));
    }
}
