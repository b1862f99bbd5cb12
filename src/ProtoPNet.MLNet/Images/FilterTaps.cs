using System.Buffers;

namespace ProtoPNet.MLNet.Images;

/// <summary>
/// One axis of an antialiased bilinear resize: for each output pixel, the first input pixel and the weights (summing to 1) to average.
/// A triangle filter reaching one output pixel to either side, but at least one input pixel: PIL's "bilinear".
/// </summary>
internal readonly struct FilterTaps : IDisposable
{
    private readonly int[] _first;
    private readonly int[] _count;
    private readonly double[] _weights;

    /// <param name="input">The length of the input axis; pixels beyond it are omitted, not invented.</param>
    /// <param name="from">The start of the output, in input pixels.</param>
    /// <param name="to">The end of the output; smaller than <paramref name="from"/> mirrors.</param>
    /// <param name="output">The length of the output axis.</param>
    public FilterTaps(int input, double from, double to, int output)
    {
        double scale = (to - from) / output;
        double support = Math.Max(1, Math.Abs(scale));
        Width = (int)Math.Ceiling(support) * 2 + 1;
        _first = ArrayPool<int>.Shared.Rent(output);
        _count = ArrayPool<int>.Shared.Rent(output);
        _weights = ArrayPool<double>.Shared.Rent(output * Width);
        for (int x = 0; x < output; x++)
        {
            double centre = from + (x + 0.5) * scale;
            int first = Math.Clamp((int)(centre - support + 0.5), 0, input - 1);
            int end = Math.Clamp((int)(centre + support + 0.5), first + 1, input);
            Span<double> weights = _weights.AsSpan(x * Width, end - first);
            double sum = 0;
            for (int i = 0; i < weights.Length; i++) sum += weights[i] = Math.Max(0, 1 - Math.Abs(first + i - centre + 0.5) / support);
            if (sum > 0)
                for (int i = 0; i < weights.Length; i++) weights[i] /= sum;
            else weights[0] = 1;
            (_first[x], _count[x]) = (first, weights.Length);
        }
    }

    /// <summary>The maximum number of weights of an output pixel.</summary>
    public int Width { get; }

    /// <summary>The first input pixel of output pixel <paramref name="x"/>.</summary>
    public int First(int x) => _first[x];

    /// <summary>The weights of output pixel <paramref name="x"/>, starting at its first input pixel.</summary>
    public ReadOnlySpan<double> Weights(int x) => _weights.AsSpan(x * Width, _count[x]);

    /// <summary>Returns the buffers to the pool.</summary>
    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(_first);
        ArrayPool<int>.Shared.Return(_count);
        ArrayPool<double>.Shared.Return(_weights);
    }
}
