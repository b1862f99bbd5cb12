using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ProtoPNet.MLNet.Images;

/// <summary>
/// Renders a photograph to the network's input in one resampling: each output pixel is the weighted mean of the source pixels under it, with the
/// weights of PIL's antialiased bilinear resize (a triangle as wide as the local shrink factor, along the photograph's rows and columns).
/// </summary>
internal static class ViewRenderer
{
    private const int BlockLength = 16;

    /// <summary>Writes 3 × <paramref name="size"/> × <paramref name="size"/> normalised floats, rows from the top.</summary>
    /// <exception cref="ArgumentException"><paramref name="chw"/> has the wrong length.</exception>
    public static void Render(PixelSpan source, in View view, int size, InputNormalisation normalisation, Span<float> chw)
    {
        InputPlanes planes = new(chw, size, view.Colours, normalisation);
        Homography map = view.Map;
        if (map.IsAxisAligned) RenderUpright(source, map, size, planes);
        else RenderWarped(source, map, size, planes);
        view.Noise?.AddTo(chw, normalisation);
    }

    /// <summary>Axis-aligned views: first averages the source rows under an output row, then along it.</summary>
    private static void RenderUpright(PixelSpan source, in Homography map, int size, InputPlanes planes)
    {
        (double left, double top) = map.Apply(0, 0);
        (double right, double bottom) = map.Apply(1, 1);
        using FilterTaps columns = new(source.Width, left * source.Width, right * source.Width, size);
        using FilterTaps rows = new(source.Height, top * source.Height, bottom * source.Height, size);
        int length = 3 * source.Width;
        // One extra float, because pixels are read four floats at a time.
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

    /// <summary>All other views: computes the weights for each output pixel.</summary>
    private static void RenderWarped(PixelSpan source, in Homography map, int size, InputPlanes planes)
    {
        float[] across = ArrayPool<float>.Shared.Rent(source.Width + Vector128<float>.Count);
        float[] down = ArrayPool<float>.Shared.Rent(source.Height + Vector128<float>.Count);
        double step = 1.0 / size;
        for (int y = 0; y < size; y++)
        {
            double v = (y + 0.5) * step;
            for (int block = 0; block < size; block += BlockLength)
            {
                int end = Math.Min(size, block + BlockLength);
                // The local scale varies slowly, so its value in the middle of a few neighbours is used for all of them.
                (double supportX, double supportY) = Supports(source, map, 0.5 * (block + end) * step, v, step);
                float narrowingX = (float)(1 / supportX), narrowingY = (float)(1 / supportY);
                for (int x = block; x < end; x++)
                {
                    (double sx, double sy) = map.Apply((x + 0.5) * step, v);
                    AxisTaps columns = AxisTaps.Under(sx * source.Width, supportX, narrowingX, source.Width, across);
                    AxisTaps rows = AxisTaps.Under(sy * source.Height, supportY, narrowingY, source.Height, down);
                    planes.Write(y * size + x, Sum(source, columns, across, rows, down) * (1 / (columns.Sum * rows.Sum)));
                }
            }
        }
        ArrayPool<float>.Shared.Return(across);
        ArrayPool<float>.Shared.Return(down);
    }

    private static (double X, double Y) Supports(PixelSpan source, in Homography map, double u, double v, double step)
    {
        (double sx, double sy) = map.Apply(u, v);
        double scale = step / (map.Wx * u + map.Wy * v + map.W1);
        return (Math.Max(1, source.Width * scale * Length(map.Xx - sx * map.Wx, map.Xy - sx * map.Wy)),
            Math.Max(1, source.Height * scale * Length(map.Yx - sy * map.Wx, map.Yy - sy * map.Wy)));
    }

    private static double Length(double a, double b) => Math.Sqrt(a * a + b * b);

    private static Vector128<float> Sum(PixelSpan source, AxisTaps columns, ReadOnlySpan<float> across, AxisTaps rows, ReadOnlySpan<float> down)
    {
        Vector128<float> sum = Vector128<float>.Zero;
        PixelLoad pixels = new(source.Pixels);
        nuint width = 3 * (nuint)source.Width;
        nuint start = (nuint)rows.First * width + 3 * (nuint)columns.First;
        across = across[..columns.Count];
        foreach (float weight in down[..rows.Count])
        {
            Vector128<float> along = Vector128<float>.Zero;
            nuint at = start;
            foreach (float share in across)
            {
                along += Vector128.ConvertToSingle(pixels.At(at)) * share;
                at += 3;
            }
            sum += along * weight;
            start += width;
        }
        return sum;
    }

    /// <summary>The pixels of one axis under an output pixel, and the sum of their weights.</summary>
    private readonly record struct AxisTaps(int First, int Count, float Sum)
    {
        public static AxisTaps Under(double centre, double support, float narrowing, int length, Span<float> weights)
        {
            int first = Math.Clamp(double.ConvertToIntegerNative<int>(centre - support + 0.5), 0, length - 1);
            int count = Math.Clamp(double.ConvertToIntegerNative<int>(centre + support + 0.5), first + 1, length) - first;
            Vector128<float> lanes = Vector128.CreateSequence(0f, 1f), sum = Vector128<float>.Zero;
            Vector128<float> distance = lanes + Vector128.Create((float)(first - centre + 0.5));
            for (int i = 0; i < count; i += Vector128<float>.Count)
            {
                Vector128<float> weight = Vector128.Max(Vector128<float>.Zero, Vector128<float>.One - Vector128.Abs(distance) * narrowing);
                weight &= Vector128.LessThan(lanes, Vector128.Create((float)(count - i)));
                weight.CopyTo(weights[i..]);
                sum += weight;
                distance += Vector128.Create(4f);
            }
            float total = Vector128.Sum(sum);
            if (total > 0) return new(first, count, total);
            weights[0] = 1;
            return new(first, 1, 1);
        }
    }
}
