using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>
/// The weighted mean cross entropy Σ ωᵢ/N CE(W sᵢ, yᵢ) as a function of sparse weights: value, gradient and Hessian products, each in one
/// pass over the tiles. Similarities are float, all sums double. Never allocates more than N × K.
/// </summary>
internal sealed class SoftmaxLoss
{
    private const int Lanes = 8;

    private readonly RowTiles _tiles;
    private readonly int _classes;
    private readonly int[] _labels;
    private readonly double[] _weights;
    private readonly double[][] _scratch;
    private double[][] _partial = [];

    public SoftmaxLoss(RowTiles tiles, int classes, IReadOnlyList<int> labels, double[] sampleWeights)
    {
        (_tiles, _classes, _labels) = (tiles, classes, [.. labels]);
        _weights = new double[tiles.Tiles * RowTiles.Height];
        sampleWeights.CopyTo(_weights, 0);
        _scratch = [.. Enumerable.Range(0, tiles.Strips).Select(_ => new double[classes * RowTiles.Height])];
    }

    /// <summary>Probabilities, cross entropy and accuracy at the weights (one per connection of the support).</summary>
    public void Evaluate(Support support, double[] weights, Posterior result)
    {
        var loss = new double[_tiles.Strips];
        var right = new int[_tiles.Strips];
        _tiles.ForEachStrip((strip, first, end) =>
        {
            for (int t = first; t < end; t++)
            {
                ref float tile = ref _tiles.Tile(t, out nint stride);
                ref double p = ref At(result, t);
                TileKernels.Multiply(ref tile, stride, support, weights, ref p);
                loss[strip] += Softmax(ref p, t, ref right[strip]);
            }
        });
        result.CrossEntropy = loss.Sum();
        result.Accuracy = right.Sum() / (double)_tiles.Images;
    }

    /// <summary>The gradient on the support: Σᵢ ωᵢ/N (p_ik − [k = yᵢ]) s_ij.</summary>
    public void Gradient(Support support, Posterior at, double[] gradient) => Accumulate(support, gradient,
        (t, rows) => Residuals(t, ref At(at, t), ref rows[0]));

    /// <summary>The Hessian times <paramref name="direction"/>, both on the support.</summary>
    public void HessianTimes(Support support, Posterior at, double[] direction, double[] product)
        => Accumulate(support, product, (t, rows) =>
        {
            TileKernels.Multiply(ref _tiles.Tile(t, out nint stride), stride, support, direction, ref rows[0]);
            Curvature(t, ref At(at, t), ref rows[0]);
        });

    /// <summary>ωᵢ/N (p_ik − [k = yᵢ]) as floats, class by class (K × N).</summary>
    public void Residuals(Posterior at, float[] residuals) => _tiles.ForEachStrip((strip, first, end) =>
    {
        double[] u = _scratch[strip];
        for (int t = first; t < end; t++)
        {
            Residuals(t, ref At(at, t), ref u[0]);
            int images = Math.Min(RowTiles.Height, _tiles.Images - t * RowTiles.Height);
            for (int k = 0; k < _classes; k++)
                for (int i = 0; i < images; i++)
                    residuals[(nint)k * _tiles.Images + t * RowTiles.Height + i] = (float)u[k * RowTiles.Height + i];
        }
    });

    /// <summary>Σ ωᵢ/N Σ_k q log q for q = c p + (1 − c) e_y: the conjugate of the cross entropy at c times the residuals.</summary>
    public double Conjugate(Posterior at, double c)
    {
        var sums = new double[_tiles.Strips];
        _tiles.ForEachStrip((strip, first, end) =>
        {
            for (int t = first; t < end; t++) sums[strip] += Conjugate(t, ref At(at, t), c);
        });
        return sums.Sum();
    }

    /// <summary>p(1 − p) ωᵢ/N of one class for each image (N): the curvature of the class's own block of the Hessian.</summary>
    public void ClassCurvature(Posterior at, int label, Span<double> curvature)
    {
        for (int i = 0; i < curvature.Length; i++)
        {
            double p = Unsafe.Add(ref At(at, i / RowTiles.Height), label * RowTiles.Height + i % RowTiles.Height);
            curvature[i] = _weights[i] * p * (1 - p);
        }
    }

    /// <summary>Σ over tiles of (rows made by <paramref name="make"/>)ᵀ × similarities, on the support.</summary>
    private void Accumulate(Support support, double[] sums, Action<int, double[]> make)
    {
        if (_partial.Length == 0 || _partial[0].Length < support.Count)
            _partial = [.. Enumerable.Range(0, _tiles.Strips).Select(_ => new double[support.Count * 5 / 4 + 64])];
        _tiles.ForEachStrip((strip, first, end) =>
        {
            double[] u = _scratch[strip], partial = _partial[strip];
            Array.Clear(partial, 0, support.Count);
            for (int t = first; t < end; t++)
            {
                ref float tile = ref _tiles.Tile(t, out nint stride);
                make(t, u);
                TileKernels.TransposeMultiply(ref tile, stride, support, ref u[0], partial);
            }
        });
        for (int v = 0; v < support.Count; v++)
        {
            double sum = 0;
            foreach (double[] partial in _partial) sum += partial[v];
            sums[v] = sum;
        }
    }

    private ref double At(Posterior posterior, int tile)
        => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(posterior.Values), (nint)tile * _classes * RowTiles.Height);

    /// <summary>Turns logits into probabilities in place; returns the tile's share of the cross entropy.</summary>
    private double Softmax(ref double rows, int tile, ref int right)
    {
        Span<double> own = stackalloc double[RowTiles.Height];
        int images = Math.Min(RowTiles.Height, _tiles.Images - tile * RowTiles.Height);
        for (int i = 0; i < images; i++) own[i] = Unsafe.Add(ref rows, _labels[tile * RowTiles.Height + i] * RowTiles.Height + i);

        double loss = 0;
        for (int lane = 0; lane < RowTiles.Height; lane += Lanes)
        {
            ref double z = ref Unsafe.Add(ref rows, lane);
            Vector512<double> most = Vector512.LoadUnsafe(ref z), sum = default;
            for (int k = 1; k < _classes; k++) most = Vector512.Max(most, Vector512.LoadUnsafe(ref z, (nuint)(k * RowTiles.Height)));
            for (int k = 0; k < _classes; k++)
            {
                var offset = (nuint)(k * RowTiles.Height);
                Vector512<double> e = Vector512.Exp(Vector512.LoadUnsafe(ref z, offset) - most);
                e.StoreUnsafe(ref z, offset);
                sum += e;
            }
            Vector512<double> scale = Vector512<double>.One / sum;
            for (int k = 0; k < _classes; k++)
            {
                var offset = (nuint)(k * RowTiles.Height);
                (Vector512.LoadUnsafe(ref z, offset) * scale).StoreUnsafe(ref z, offset);
            }
            for (int i = lane; i < Math.Min(images, lane + Lanes); i++)
            {
                loss += _weights[tile * RowTiles.Height + i] * (most[i - lane] - own[i] + Math.Log(sum[i - lane]));
                if (own[i] == most[i - lane] && IsFirst(ref rows, tile, i)) right++;
            }
        }
        return loss;
    }

    /// <summary>Whether no earlier class has the same probability as the true class: like the network, ties go to the first.</summary>
    private bool IsFirst(ref double rows, int tile, int image)
    {
        int label = _labels[tile * RowTiles.Height + image];
        double own = Unsafe.Add(ref rows, label * RowTiles.Height + image);
        if (own > 0.5) return true;
        for (int k = 0; k < label; k++)
            if (Unsafe.Add(ref rows, k * RowTiles.Height + image) == own) return false;
        return true;
    }

    private void Residuals(int tile, ref double p, ref double rows)
    {
        ReadOnlySpan<double> weights = _weights.AsSpan(tile * RowTiles.Height, RowTiles.Height);
        for (int lane = 0; lane < RowTiles.Height; lane += Lanes)
        {
            Vector512<double> w = Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(weights), (nuint)lane);
            for (int k = 0; k < _classes; k++)
            {
                var offset = (nuint)(k * RowTiles.Height + lane);
                (Vector512.LoadUnsafe(ref p, offset) * w).StoreUnsafe(ref rows, offset);
            }
        }
        int images = Math.Min(RowTiles.Height, _tiles.Images - tile * RowTiles.Height);
        for (int i = 0; i < images; i++) Unsafe.Add(ref rows, _labels[tile * RowTiles.Height + i] * RowTiles.Height + i) -= weights[i];
    }

    /// <summary>Replaces rows z with ω p (z − Σ p z): the Hessian of the softmax times z.</summary>
    private void Curvature(int tile, ref double p, ref double rows)
    {
        ref double weights = ref _weights[tile * RowTiles.Height];
        for (int lane = 0; lane < RowTiles.Height; lane += Lanes)
        {
            Vector512<double> mean = default, w = Vector512.LoadUnsafe(ref weights, (nuint)lane);
            for (int k = 0; k < _classes; k++)
            {
                var offset = (nuint)(k * RowTiles.Height + lane);
                mean = Vector512.MultiplyAddEstimate(Vector512.LoadUnsafe(ref p, offset), Vector512.LoadUnsafe(ref rows, offset), mean);
            }
            for (int k = 0; k < _classes; k++)
            {
                var offset = (nuint)(k * RowTiles.Height + lane);
                (w * Vector512.LoadUnsafe(ref p, offset) * (Vector512.LoadUnsafe(ref rows, offset) - mean)).StoreUnsafe(ref rows, offset);
            }
        }
    }

    private double Conjugate(int tile, ref double p, double c)
    {
        Vector512<double> total = default, scale = Vector512.Create(c), least = Vector512.Create(double.Epsilon * 1e20);
        for (int lane = 0; lane < RowTiles.Height; lane += Lanes)
        {
            Vector512<double> sum = default, w = Vector512.LoadUnsafe(ref _weights[tile * RowTiles.Height], (nuint)lane);
            for (int k = 0; k < _classes; k++)
            {
                Vector512<double> q = scale * Vector512.LoadUnsafe(ref p, (nuint)(k * RowTiles.Height + lane));
                sum = Vector512.MultiplyAddEstimate(q, Vector512.Log(Vector512.Max(q, least)), sum);
            }
            total = Vector512.MultiplyAddEstimate(w, sum, total);
        }
        // For the true class, c p + 1 − c replaces c p.
        double result = Vector512.Sum(total);
        int images = Math.Min(RowTiles.Height, _tiles.Images - tile * RowTiles.Height);
        for (int i = 0; i < images; i++)
        {
            double own = Unsafe.Add(ref p, _labels[tile * RowTiles.Height + i] * RowTiles.Height + i), q = c * own;
            result += _weights[tile * RowTiles.Height + i] * (XLogX(q + 1 - c) - XLogX(q));
        }
        return result;
    }

    private static double XLogX(double x) => x > 0 ? x * Math.Log(x) : 0;
}
