using System.Numerics.Tensors;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>
/// The Hessian's diagonal blocks of the cross entropy, one per class: the metric of the proximal steps and the preconditioner of the
/// Newton steps. Only images that matter to a class (its own, and those that it is confused with) enter its block.
/// </summary>
internal sealed class ClassBlocks
{
    /// <summary>Images with less than this share of the mean curvature are left out: at most this share of the whole is lost.</summary>
    private const double Irrelevant = 0.05;

    private readonly Support _support;
    private readonly double[][] _blocks;

    public ClassBlocks(SoftmaxLoss loss, RowTiles tiles, Support support, Posterior at)
    {
        _support = support;
        _blocks = new double[support.Classes][];
        Parallel.For(0, support.Classes, k => _blocks[k] = Build(k, loss, tiles, at));
    }

    /// <summary>The block of a class (m × m, symmetric).</summary>
    public double[] this[int label] => _blocks[label];

    private double[] Build(int k, SoftmaxLoss loss, RowTiles tiles, Posterior at)
    {
        int first = _support.Starts[k], count = _support.Starts[k + 1] - first;
        var curvature = new double[tiles.Images];
        loss.ClassCurvature(at, k, curvature);
        double all = curvature.Sum(), threshold = Irrelevant * all / curvature.Length;
        int[] images = [.. Enumerable.Range(0, curvature.Length).Where(i => curvature[i] > threshold)];
        double kept = images.Sum(i => curvature[i]);

        // Columns scaled by the root of the curvature, so that the block is a Gram matrix.
        var roots = new double[images.Length];
        for (int i = 0; i < roots.Length; i++) roots[i] = Math.Sqrt(curvature[images[i]] * all / kept);
        var columns = new double[count][];
        for (int a = 0; a < count; a++)
        {
            ReadOnlySpan<float> column = tiles.Column(_support.Columns[first + a]);
            double[] scaled = columns[a] = new double[images.Length];
            for (int i = 0; i < scaled.Length; i++) scaled[i] = roots[i] * column[images[i]];
        }
        var block = new double[count * count];
        for (int a = 0; a < count; a++)
            for (int b = 0; b <= a; b++)
                block[a * count + b] = block[b * count + a] = TensorPrimitives.Dot<double>(columns[a], columns[b]);
        return block;
    }
}
