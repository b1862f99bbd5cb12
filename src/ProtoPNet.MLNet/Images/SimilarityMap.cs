namespace ProtoPNet.MLNet.Images;

/// <summary>Enlarges a map of similarities (cells) to the network's input (pixels), and finds where it is high.</summary>
internal static class SimilarityMap
{
    private const double A = -0.75; // the cubic kernel of OpenCV and PyTorch

    /// <summary>Bicubic enlargement to <paramref name="size"/> × <paramref name="size"/>: half-pixel centres, edges repeated.</summary>
    public static float[,] Enlarge(float[,] map, int size)
    {
        (int rows, int columns) = (map.GetLength(0), map.GetLength(1));
        var vertical = new double[size, columns];
        var result = new float[size, size];
        Tap[] down = Taps(rows, size), across = Taps(columns, size);
        for (int y = 0; y < size; y++)
            for (int c = 0; c < columns; c++)
                for (int t = 0; t < 4; t++)
                    vertical[y, c] += down[y].Weights[t] * map[down[y].Cell(t, rows), c];
        for (int y = 0; y < size; y++)
            for (int x = 0; x < size; x++)
            {
                double sum = 0;
                for (int t = 0; t < 4; t++) sum += across[x].Weights[t] * vertical[y, across[x].Cell(t, columns)];
                result[y, x] = (float)sum;
            }
        return result;
    }

    /// <summary>The tightest box around all pixels of the enlarged map that reach its <paramref name="percentile"/>th percentile.</summary>
    public static PixelBox HighActivationBox(float[,] map, int size, double percentile = 95) => BoxAbove(Enlarge(map, size), percentile);

    /// <summary>The same for a map that has been enlarged already.</summary>
    public static PixelBox BoxAbove(float[,] enlarged, double percentile)
    {
        float[] sorted = [.. enlarged.Cast<float>()];
        Array.Sort(sorted);
        double position = (sorted.Length - 1) * percentile / 100;
        int below = (int)position;
        double threshold = sorted[below] + (position - below) * (sorted[Math.Min(below + 1, sorted.Length - 1)] - sorted[below]);
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

    private static Tap[] Taps(int cells, int size)
    {
        var taps = new Tap[size];
        for (int i = 0; i < size; i++)
        {
            double centre = (i + 0.5) * cells / size - 0.5;
            int first = (int)Math.Floor(centre) - 1;
            taps[i] = new(first, [.. Enumerable.Range(0, 4).Select(t => Cubic(Math.Abs(centre - first - t)))]);
        }
        return taps;
    }

    private static double Cubic(double x) => x <= 1 ? ((A + 2) * x - (A + 3)) * x * x + 1 : x < 2 ? ((x - 5) * x + 8) * x * A - 4 * A : 0;

    private readonly record struct Tap(int First, double[] Weights)
    {
        public int Cell(int tap, int cells) => Math.Clamp(First + tap, 0, cells - 1);
    }
}
