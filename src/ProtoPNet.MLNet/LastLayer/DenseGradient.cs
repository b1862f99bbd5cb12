using MathNet.Numerics.LinearAlgebra.Single;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>
/// The gradient of the cross entropy at all K × P weights in float, with a bound on its rounding error: accurate enough to find the few weights whose
/// gradient must be known exactly, and to prove that the others' stay below λ.
/// </summary>
internal sealed class DenseGradient(RowTiles tiles, int classes, IDenseProducts products)
{
    private readonly DenseMatrix _residuals = new(tiles.Images, classes);
    private readonly DenseMatrix _gradient = new(classes, tiles.Prototypes);
    private readonly double[] _error = new double[classes];
    private readonly double _largest = tiles.Matrix.Values.Max(Math.Abs);

    public void Update(SoftmaxLoss loss, Posterior at)
    {
        loss.Residuals(at, _residuals.Values);
        products.TransposeMultiply(_residuals, tiles.Matrix, _gradient);
        for (int k = 0; k < classes; k++)
        {
            // The usual error bound of a float inner product of length N, n u Σ|r||s|, with one more rounding for r.
            double sum = 0;
            foreach (float r in _residuals.Values.AsSpan(k * tiles.Images, tiles.Images)) sum += Math.Abs(r);
            _error[k] = (tiles.Images + 2) * Math.ScaleB(1, -24) * sum * _largest;
        }
    }

    /// <summary>An upper bound on the exact |gradient| at (class, prototype).</summary>
    public double UpperBound(int k, int j) => Math.Abs(_gradient.Values[j * classes + k]) + _error[k];

    /// <summary>
    /// The threshold of <see cref="UpperBound"/> at which inactive weights become active: <paramref name="least"/>, or higher so that at most
    /// <paramref name="most"/> do.
    /// </summary>
    public double EntryThreshold(Func<int, int, bool> inPlay, double least, int most)
    {
        var above = new List<double>();
        for (int j = 0; j < tiles.Prototypes; j++)
            for (int k = 0; k < classes; k++)
                if (UpperBound(k, j) is double bound && bound >= least && !inPlay(k, j)) above.Add(bound);
        if (above.Count <= most) return least;
        above.Sort();
        return most == 0 ? Math.BitIncrement(above[^1]) : above[^most];
    }
}
