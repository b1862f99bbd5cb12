using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Layers;

/// <summary>
/// The squared distance of each of P prototypes to the nearest patch of each of N images, without the map of all distances: a matrix product and a
/// minimum per block of images, small enough for the processor's cache. The gradient is that of the nearest patch alone, gathered in the same way.
/// </summary>
internal sealed class NearestDistances
{
    /// <summary>Numbers in a block of distances, or of gathered patches.</summary>
    private const long BlockSize = 1 << 22;

    private readonly Tensor _patches, _prototypes, _cells;

    private NearestDistances(Tensor patches, Tensor prototypes, Tensor values, Tensor cells)
        => (_patches, _prototypes, Values, _cells) = (patches, prototypes, values, cells);

    /// <summary>The squared distances: N × P, never negative, without gradients.</summary>
    public Tensor Values { get; }

    /// <summary>Finds the nearest patches and their distances.</summary>
    /// <param name="patches">The patches of N images with C cells each: N × C × E. The mean of their space is 0.</param>
    /// <param name="prototypes">P × E.</param>
    /// <param name="onObject">Which patches count (N × C), at least one of each image; null if all do.</param>
    public static NearestDistances Of(Tensor patches, Tensor prototypes, Tensor? onObject)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable mode = no_grad();
        (Tensor z, Tensor p) = (patches.detach().contiguous(), prototypes.detach().contiguous());
        Tensor values = empty([z.shape[0], p.shape[0]], z.dtype, z.device), cells = empty([z.shape[0], p.shape[0]], ScalarType.Int64, z.device);
        ForEachBlock(z, p, onObject, (first, scores) =>
        {
            (Tensor least, Tensor cell) = scores.min(1);
            values.narrow(0, first, least.shape[0]).copy_(least);
            cells.narrow(0, first, least.shape[0]).copy_(cell);
        });
        NearestDistances found = new(z, p, Finished(values, p), cells);
        foreach (Tensor kept in (Tensor[])[found._patches, found._prototypes, found._cells, found.Values]) kept.MoveToOuterDisposeScope();
        return found;
    }

    /// <summary>Only the distances, which is faster.</summary>
    /// <inheritdoc cref="Of"/>
    public static Tensor ValuesOf(Tensor patches, Tensor prototypes, Tensor? onObject)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable mode = no_grad();
        Tensor values = empty([patches.shape[0], prototypes.shape[0]], patches.dtype, patches.device);
        ForEachBlock(patches, prototypes, onObject, (first, scores) => values.narrow(0, first, scores.shape[0]).copy_(scores.amin([1])));
        return Finished(values, prototypes).MoveToOuterDisposeScope();
    }

    /// <summary>The gradients of a cost by the patches (N × C × E) and by the prototypes (P × E), given that by the distances (N × P).</summary>
    public (Tensor Patches, Tensor Prototypes) Gradients(Tensor ofDistances)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable mode = no_grad();
        (long images, long cells, long count, long numbers) = (_patches.shape[0], _patches.shape[1], _prototypes.shape[0], _prototypes.shape[1]);
        Tensor all = _patches.reshape(images * cells, numbers);
        // d = ‖z − p‖²; where rounding made it negative, it was clamped and has no gradient.
        Tensor weights = ofDistances.mul(Values.sign()).Times(2);                                            // N × P
        Tensor ofPrototypes = zeros_like(_prototypes), ofPatches = zeros_like(all), sums = zeros([images * cells, 1], all.dtype, all.device);
        long block = Math.Max(1, BlockSize / (count * numbers));
        for (long first = 0; first < images; first += block)
        {
            using DisposeScope step = NewDisposeScope();
            long here = Math.Min(block, images - first);
            Tensor offsets = HeldScalar.Range(first, first + here, all.device).Times(cells).unsqueeze(1);
            Tensor rows = offsets.Plus(_cells.narrow(0, first, here)).reshape(-1);                           // n·P
            Tensor weight = weights.narrow(0, first, here).unsqueeze(2);                                     // n × P × 1
            Tensor nearest = all.index_select(0, rows).reshape(here, count, numbers);                        // n × P × E
            ofPrototypes.sub_(nearest.mul_(weight).sum(dim: 0));
            ofPatches.AddAt(rows, _prototypes.unsqueeze(0).mul(weight).reshape(-1, numbers));
            sums.AddAt(rows, weight.reshape(-1, 1));
        }
        ofPrototypes.IncreaseBy(_prototypes.mul(weights.sum(dim: 0).unsqueeze(1)));
        ofPatches = all.mul(sums).sub(ofPatches).reshape(images, cells, numbers);
        return (ofPatches.MoveToOuterDisposeScope(), ofPrototypes.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// Calls <paramref name="use"/> with ‖z‖² − 2 z·p (n × C × P) of some images; infinite for patches that do not count.
    /// </summary>
    private static void ForEachBlock(Tensor patches, Tensor prototypes, Tensor? onObject, Action<long, Tensor> use)
    {
        (long images, long cells, long numbers) = (patches.shape[0], patches.shape[1], patches.shape[2]);
        Tensor norms = patches.Squared().sum(2);
        if (onObject is not null) norms = norms.Filled(onObject.logical_not(), double.PositiveInfinity);
        Tensor columns = prototypes.Times(-2).t().contiguous();
        long block = Math.Max(1, BlockSize / (cells * prototypes.shape[0]));
        for (long first = 0; first < images; first += block)
        {
            using DisposeScope step = NewDisposeScope();
            long here = Math.Min(block, images - first);
            Tensor scores = patches.narrow(0, first, here).reshape(here * cells, numbers).mm(columns).reshape(here, cells, -1);
            use(first, scores.IncreaseBy(norms.narrow(0, first, here).unsqueeze(2)));
        }
    }

    private static Tensor Finished(Tensor values, Tensor prototypes) => values.IncreaseBy(prototypes.Squared().sum(1)).relu_();
}
