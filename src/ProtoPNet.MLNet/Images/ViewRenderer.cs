using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ProtoPNet.MLNet.Images;

/// <summary>
/// From a photograph to the network's input in one resample: each output pixel is the weighted mean of the source pixels under it, the weights
/// those of PIL's antialiased bilinear resize (a triangle as wide as the view shrinks there, along the photograph's rows and columns).
/// </summary>
internal static class ViewRenderer
{
    /// <summary>Writes 3 × <paramref name="size"/> × <paramref name="size"/> normalised floats, rows from the top.</summary>
    /// <exception cref="ArgumentException"><paramref name="chw"/> has another length.</exception>
    public static void Render(PixelSpan source, in View view, int size, Span<float> chw)
    {
        InputPlanes planes = new(chw, size, view.Colours);
        Homography map = view.Map;
        if (map.IsAxisAligned) RenderUpright(source, map, size, planes);
        else RenderWarped(source, map, size, planes);
    }

    /// <summary>Rows and columns stay such: first the rows under an output row into one, then along it.</summary>
    private static void RenderUpright(PixelSpan source, in Homography map, int size, InputPlanes planes)
    {
        (double left, double top) = map.Apply(0, 0);
        (double right, double bottom) = map.Apply(1, 1);
        using FilterTaps columns = new(source.Width, left * source.Width, right * source.Width, size);
        using FilterTaps rows = new(source.Height, top * source.Height, bottom * source.Height, size);
        int length = 3 * source.Width;
        // One float more, because pixels are read four floats at a time.
        float[] rented = ArrayPool<float>.Shared.Rent(length + 1);
        Span<float> row = rented.AsSpan(0, length);
        for (int y = 0; y < size; y++)
        {
            row.Clear();
            ReadOnlySpan<double> down = rows.Weights(y);
            for (int i = 0; i < down.Length; i++) AddRow(source.Pixels.Slice((rows.First(y) + i) * length, length), (float)down[i], row);
            ref float pixels = ref MemoryMarshal.GetReference(row);
            for (int x = 0; x < size; x++)
            {
                Vector128<float> sum = Vector128<float>.Zero;
                ReadOnlySpan<double> along = columns.Weights(x);
                nuint at = (nuint)(3 * columns.First(x));
                for (int i = 0; i < along.Length; i++, at += 3) sum += Vector128.LoadUnsafe(ref pixels, at) * (float)along[i];
                planes.Write(y * size + x, sum);
            }
        }
        ArrayPool<float>.Shared.Return(rented);
    }

    private static void AddRow(ReadOnlySpan<byte> pixels, float weight, Span<float> sums)
    {
        int p = 0;
        for (; p + 8 <= pixels.Length; p += 8)
        {
            Vector128<ushort> eight = Vector128.WidenLower(Vector128.CreateScalar(MemoryMarshal.Read<ulong>(pixels[p..])).AsByte());
            (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(eight);
            (Vector128.Create<float>(sums[p..]) + Vector128.ConvertToSingle(low.AsInt32()) * weight).CopyTo(sums[p..]);
            (Vector128.Create<float>(sums[(p + 4)..]) + Vector128.ConvertToSingle(high.AsInt32()) * weight).CopyTo(sums[(p + 4)..]);
        }
        for (; p < pixels.Length; p++) sums[p] += pixels[p] * weight;
    }

    /// <summary>Anything else: the weights are worked out for each output pixel, from how much the map stretches there.</summary>
    private static void RenderWarped(PixelSpan source, in Homography map, int size, InputPlanes planes)
    {
        float[] across = ArrayPool<float>.Shared.Rent(source.Width), down = ArrayPool<float>.Shared.Rent(source.Height);
        double step = 1.0 / size;
        for (int y = 0; y < size; y++)
        {
            for (int x = 0; x < size; x++)
            {
                double u = (x + 0.5) * step, v = (y + 0.5) * step;
                double w = 1 / (map.Wx * u + map.Wy * v + map.W1);
                double sx = (map.Xx * u + map.Xy * v + map.X1) * w, sy = (map.Yx * u + map.Yy * v + map.Y1) * w;
                double stretchX = Length(map.Xx - sx * map.Wx, map.Xy - sx * map.Wy) * w * step * source.Width;
                double stretchY = Length(map.Yx - sy * map.Wx, map.Yy - sy * map.Wy) * w * step * source.Height;
                Reach columns = Reach.Under(sx * source.Width, stretchX, source.Width, across);
                Reach rows = Reach.Under(sy * source.Height, stretchY, source.Height, down);
                planes.Write(y * size + x, Mean(source, columns, across, rows, down));
            }
        }
        ArrayPool<float>.Shared.Return(across);
        ArrayPool<float>.Shared.Return(down);
    }

    private static double Length(double a, double b) => Math.Sqrt(a * a + b * b);

    private static Vector128<float> Mean(PixelSpan source, Reach columns, float[] across, Reach rows, float[] down)
    {
        Vector128<float> sum = Vector128<float>.Zero;
        ref byte pixels = ref MemoryMarshal.GetReference(source.Pixels);
        // Pixels are read four bytes at a time; only the very last of the photograph has no fourth.
        nuint last = (nuint)source.Pixels.Length - 3;
        for (int row = 0; row < rows.Count; row++)
        {
            Vector128<float> along = Vector128<float>.Zero;
            nuint at = 3 * ((nuint)(rows.First + row) * (nuint)source.Width + (nuint)columns.First);
            for (int column = 0; column < columns.Count; column++, at += 3)
            {
                uint rgb = at < last ? Unsafe.ReadUnaligned<uint>(ref Unsafe.AddByteOffset(ref pixels, at))
                    : (uint)(Unsafe.AddByteOffset(ref pixels, at) | Unsafe.AddByteOffset(ref pixels, at + 1) << 8 | Unsafe.AddByteOffset(ref pixels, at + 2) << 16);
                Vector128<int> pixel = Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalar(rgb).AsByte())).AsInt32();
                along += Vector128.ConvertToSingle(pixel) * across[column];
            }
            sum += along * down[row];
        }
        return sum * (columns.Scale * rows.Scale);
    }

    /// <summary>The pixels of one axis under an output pixel; <see cref="Scale"/> makes their weights sum to 1.</summary>
    private readonly record struct Reach(int First, int Count, float Scale)
    {
        public static Reach Under(double centre, double stretch, int length, float[] weights)
        {
            double support = Math.Max(1, stretch);
            int first = Math.Clamp((int)(centre - support + 0.5), 0, length - 1);
            int count = Math.Clamp((int)(centre + support + 0.5), first + 1, length) - first;
            float at = (float)(first - centre + 0.5), narrowing = (float)(1 / support), sum = 0;
            for (int i = 0; i < count; i++) sum += weights[i] = Math.Max(0, 1 - Math.Abs(at + i) * narrowing);
            if (sum > 0) return new(first, count, 1 / sum);
            weights[0] = 1;
            return new(first, 1, 1);
        }
    }
}
