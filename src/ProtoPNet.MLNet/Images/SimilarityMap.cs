using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace ProtoPNet.MLNet.Images;

/// <summary>Upsamples a similarity map (cells) to the network's input (pixels) and finds its high regions.</summary>
internal static class SimilarityMap
{
    private const double A = -0.75; // the cubic kernel of OpenCV and PyTorch

    /// <summary>A box encloses the highest 5 % of the pixels, as published.</summary>
    private const double HighPercentile = 95;

    /// <summary>The range of a map, relative to its largest magnitude, up to which it points nowhere.</summary>
    private const double FlatShare = 0.01;

    /// <summary>Bicubic upsampling to <paramref name="size"/> × <paramref name="size"/>: half-pixel centres, edges repeated.</summary>
    public static float[,] Enlarge(float[,] map, int size)
    {
        (int rows, int columns) = (map.GetLength(0), map.GetLength(1));
        Tap[] down = Taps(rows, size), across = Taps(columns, size);
        double[] row = new double[columns];
        float[,] result = new float[size, size];
        for (int y = 0; y < size; y++)
        {
            Tap tap = down[y];
            for (int c = 0; c < columns; c++)
                row[c] = tap.W0 * map[tap.Cell0, c] + tap.W1 * map[tap.Cell1, c] + tap.W2 * map[tap.Cell2, c] + tap.W3 * map[tap.Cell3, c];
            for (int x = 0; x < size; x++)
            {
                tap = across[x];
                result[y, x] = (float)(tap.W0 * row[tap.Cell0] + tap.W1 * row[tap.Cell1] + tap.W2 * row[tap.Cell2] + tap.W3 * row[tap.Cell3]);
            }
        }
        return result;
    }

    /// <summary>
    /// The tightest box around all pixels of the upsampled map that reach its <paramref name="percentile"/>th percentile; all of it if the map is flat.
    /// </summary>
    public static PixelBox HighActivationBox(float[,] map, int size, double percentile = HighPercentile)
        => IsFlat(map) ? new(0, size, 0, size) : BoxAbove(Enlarge(map, size), percentile);

    /// <summary>Whether the values of a map differ by at most 1 %, so that its highest place means nothing.</summary>
    public static bool IsFlat(float[,] map)
    {
        ReadOnlySpan<float> values = MemoryMarshal.CreateReadOnlySpan(ref map[0, 0], map.Length);
        (float least, float most) = (TensorPrimitives.Min(values), TensorPrimitives.Max(values));
        return (double)most - least <= FlatShare * Math.Max(Math.Abs(least), Math.Abs(most));
    }

    /// <summary>The same for an upsampled map.</summary>
    public static PixelBox BoxAbove(float[,] enlarged, double percentile = HighPercentile)
    {
        double threshold = Percentile(MemoryMarshal.CreateReadOnlySpan(ref enlarged[0, 0], enlarged.Length), percentile);
        int top = int.MaxValue, bottom = 0, left = int.MaxValue, right = 0;
        for (int y = 0; y < enlarged.GetLength(0); y++)
            for (int x = 0; x < enlarged.GetLength(1); x++)
            {
                if (enlarged[y, x] < threshold) continue;
                (top, bottom) = (Math.Min(top, y), Math.Max(bottom, y + 1));
                (left, right) = (Math.Min(left, x), Math.Max(right, x + 1));
            }
        return new(top, bottom, left, right);
    }

    /// <summary>The percentile as in NumPy: linear interpolation between the two values nearest to the rank.</summary>
    private static double Percentile(ReadOnlySpan<float> values, double percentile)
    {
        double position = (values.Length - 1) * percentile / 100;
        int below = (int)position;
        float[] rented = ArrayPool<float>.Shared.Rent(values.Length);
        Span<float> ordered = rented.AsSpan(0, values.Length);
        values.CopyTo(ordered);
        PutInPlace(ordered, below);
        double low = ordered[below];
        double result = below + 1 == ordered.Length ? low : low + (position - below) * (Least(ordered[(below + 1)..]) - low);
        ArrayPool<float>.Shared.Return(rented);
        return result;
    }

    /// <summary>Hoare's selection: moves the value of the given rank to its sorted position, smaller values before, larger ones after it.</summary>
    private static void PutInPlace(Span<float> values, int rank)
    {
        (int from, int to) = (0, values.Length - 1);
        while (from < to)
        {
            float pivot = Middle(values[from], values[(from + to) / 2], values[to]);
            (int i, int j) = (from, to);
            while (i <= j)
            {
                while (values[i] < pivot) i++;
                while (values[j] > pivot) j--;
                if (i > j) break;
                (values[i], values[j]) = (values[j], values[i]);
                i++;
                j--;
            }
            if (rank <= j) to = j;
            else if (rank >= i) from = i;
            else return;
        }
    }

    private static float Middle(float a, float b, float c) => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));

    private static float Least(ReadOnlySpan<float> values)
    {
        float least = values[0];
        foreach (float value in values) least = Math.Min(least, value);
        return least;
    }

    private static Tap[] Taps(int cells, int size)
    {
        var taps = new Tap[size];
        for (int i = 0; i < size; i++)
        {
            double centre = (i + 0.5) * cells / size - 0.5;
            int first = (int)Math.Floor(centre) - 1;
            int Cell(int t) => Math.Clamp(first + t, 0, cells - 1);
            double Weight(int t) => Cubic(Math.Abs(centre - first - t));
            taps[i] = new(Cell(0), Cell(1), Cell(2), Cell(3), Weight(0), Weight(1), Weight(2), Weight(3));
        }
        return taps;
    }

    private static double Cubic(double x) => x <= 1 ? ((A + 2) * x - (A + 3)) * x * x + 1 : x < 2 ? ((x - 5) * x + 8) * x * A - 4 * A : 0;

    /// <summary>The four cells that contribute to a pixel, clamped at the edges, and their weights.</summary>
    private readonly record struct Tap(int Cell0, int Cell1, int Cell2, int Cell3, double W0, double W1, double W2, double W3);
}
