using System.Buffers;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>A square block of the Hessian's diagonal.</summary>
/// <param name="Class">The class of its connections.</param>
/// <param name="First">Its first connection in the support; the others follow.</param>
/// <param name="Count">The number m of its connections.</param>
/// <param name="Values">Its values (m × m, symmetric).</param>
internal readonly record struct ClassBlock(int Class, int First, int Count, double[] Values);

/// <summary>
/// The Hessian's diagonal blocks of the cross entropy, one per class: the metric of the proximal steps and the preconditioner of the
/// Newton steps. Estimated from the images that matter to a class: its own and those confused with it. A class with many connections has several
/// blocks, as if its parts were independent: memory then grows with the number of connections instead of its square.
/// </summary>
internal sealed class ClassBlocks
{
    /// <summary>The most connections in a block.</summary>
    private const int Widest = 256;

    private const int FewestImages = 256;
    private const int ImagesPerWeight = 8;

    private readonly Support _support;
    private readonly ClassBlock[] _blocks;

    public ClassBlocks(SoftmaxLoss loss, RowTiles tiles, Support support, Posterior at)
    {
        var places = new List<(int Class, int First, int Count)>();
        for (int k = 0; k < support.Classes; k++)
        {
            int first = support.Starts[k], all = support.Starts[k + 1] - first, parts = (all + Widest - 1) / Widest;
            for (int part = 0; part < parts; part++)
                places.Add((k, first + all * part / parts, all * (part + 1) / parts - all * part / parts));
        }
        (_support, _blocks) = (support, new ClassBlock[places.Count]);
        Work.For(places.Count, support.IsWorthSharing, i =>
        {
            (int k, int first, int count) = places[i];
            _blocks[i] = new(k, first, count, Build(k, first, count, loss, tiles, at));
        });
    }

    private ClassBlocks(Support support, ClassBlock[] blocks) => (_support, _blocks) = (support, blocks);

    /// <summary>Runs <paramref name="body"/> for all blocks and their numbers, in parallel if there is enough work.</summary>
    public void ForEach(Action<int, ClassBlock> body) => Work.For(Count, _support.IsWorthSharing, i => body(i, _blocks[i]));

    /// <summary>The number of blocks.</summary>
    public int Count => _blocks.Length;

    /// <summary>The same blocks for a subset of the connections.</summary>
    public ClassBlocks Restrict(Support part)
    {
        var blocks = new ClassBlock[Count];
        int first = 0;
        for (int i = 0; i < Count; i++)
        {
            ClassBlock whole = _blocks[i];
            var from = new List<int>();
            for (int a = 0; a < whole.Count && first + from.Count < part.Starts[whole.Class + 1]; a++)
                if (_support.Columns[whole.First + a] == part.Columns[first + from.Count]) from.Add(a);
            int count = from.Count;
            var values = new double[count * count];
            for (int a = 0; a < count; a++)
                for (int b = 0; b < count; b++) values[a * count + b] = whole.Values[from[a] * whole.Count + from[b]];
            blocks[i] = new(whole.Class, first, count, values);
            first += count;
        }
        return new ClassBlocks(part, blocks);
    }

    private double[] Build(int k, int first, int count, SoftmaxLoss loss, RowTiles tiles, Posterior at)
    {
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
