using System.Buffers;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>
/// The Hessian's diagonal blocks of the cross entropy, one per class: the metric of the proximal steps and the preconditioner of the
/// Newton steps. Estimated from the images that matter to a class: its own and those confused with it.
/// </summary>
internal sealed class ClassBlocks
{
    private const int FewestImages = 256;
    private const int ImagesPerWeight = 8;

    private readonly Support _support;
    private readonly double[][] _blocks;

    public ClassBlocks(SoftmaxLoss loss, RowTiles tiles, Support support, Posterior at)
    {
        (_support, _blocks) = (support, new double[support.Classes][]);
        support.ForEachClass(k => _blocks[k] = Build(k, loss, tiles, at));
    }

    private ClassBlocks(Support support, double[][] blocks) => (_support, _blocks) = (support, blocks);

    /// <summary>The block of a class (m × m, symmetric).</summary>
    public double[] this[int label] => _blocks[label];

    /// <summary>The same blocks for a subset of the connections.</summary>
    public ClassBlocks Restrict(Support part)
    {
        var blocks = new double[part.Classes][];
        for (int k = 0; k < part.Classes; k++)
        {
            int first = _support.Starts[k], width = _support.Starts[k + 1] - first, count = part.Starts[k + 1] - part.Starts[k];
            int[] from = new int[count];
            for (int a = 0, v = first; a < count; v++)
                if (_support.Columns[v] == part.Columns[part.Starts[k] + a]) from[a++] = v - first;
            double[] block = blocks[k] = new double[count * count];
            for (int a = 0; a < count; a++)
                for (int b = 0; b < count; b++) block[a * count + b] = _blocks[k][from[a] * width + from[b]];
        }
        return new ClassBlocks(part, blocks);
    }

    private double[] Build(int k, SoftmaxLoss loss, RowTiles tiles, Posterior at)
    {
        int first = _support.Starts[k], count = _support.Starts[k + 1] - first;
        double[] curvature = ArrayPool<double>.Shared.Rent(tiles.Images);
        loss.ClassCurvature(at, k, curvature.AsSpan(0, tiles.Images));
        (List<int> images, List<float> roots) = Sample(curvature.AsSpan(0, tiles.Images), Math.Max(FewestImages, ImagesPerWeight * count));
        ArrayPool<double>.Shared.Return(curvature);

        // Columns are scaled by the roots, so that the block is a Gram matrix.
        int length = (images.Count + GramMatrix.Lanes - 1) / GramMatrix.Lanes * GramMatrix.Lanes;
        float[] columns = ArrayPool<float>.Shared.Rent((count + 3) * length);
        for (int a = 0; a < count; a++)
        {
            ReadOnlySpan<float> column = tiles.Column(_support.Columns[first + a]);
            Span<float> scaled = columns.AsSpan(a * length, length);
            for (int i = 0; i < images.Count; i++) scaled[i] = roots[i] * column[images[i]];
            scaled[images.Count..].Clear();
        }
        double[] block = GramMatrix.Of(columns, count, length);
        ArrayPool<float>.Shared.Return(columns);
        return block;
    }

    /// <summary>
    /// Samples images at equal distances along the running sum of the curvature, so in proportion to it, with the square roots of the shares of the
    /// sum that they represent. Deterministic.
    /// </summary>
    private static (List<int> Images, List<float> Roots) Sample(ReadOnlySpan<double> curvature, int wanted)
    {
        double all = 0;
        foreach (double c in curvature) all += c;
        double share = all / wanted, sum = share / 2, taken = 0;
        var images = new List<int>(wanted);
        var roots = new List<float>(wanted);
        for (int i = 0; i < curvature.Length; i++)
        {
            sum += curvature[i];
            double times = Math.Floor(sum / share) - taken;
            if (!(times > 0)) continue;
            taken += times;
            images.Add(i);
            roots.Add((float)Math.Sqrt(times * share));
        }
        return (images, roots);
    }
}
