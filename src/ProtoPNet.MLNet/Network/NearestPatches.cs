using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network;

/// <summary>A patch near a prototype: its image (in order of addition), its cell and its squared L2 distance.</summary>
/// <param name="Image">The image's number in order of addition.</param>
/// <param name="Row">Row of the map.</param>
/// <param name="Column">Column of the map.</param>
/// <param name="Distance">Squared distance to the prototype.</param>
/// <param name="Map">The distances at all cells of that image (H' × W'), or the values requested instead.</param>
internal sealed record NearPatch(int Image, int Row, int Column, float Distance, float[,] Map);

/// <summary>
/// Finds the nearest images of every prototype, each by its nearest patch, in one pass: batches are added and the k best of each prototype kept.
/// Memory is bounded by P × k maps, whatever the number of images.
/// </summary>
internal sealed class NearestPatches(int nearest) : IDisposable
{
    private NearestSoFar? _kept;
    private int _images;

    /// <summary>Adds the distances N × P × H' × W' of a batch.</summary>
    public void Add(Tensor distances)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        NearestSoFar merged = NearestSoFar.Merge(_kept, OfBatch(distances), nearest).Apply(tensor => tensor.DetachFromDisposeScope());
        _images += (int)distances.shape[0];
        _kept?.Dispose();
        _kept = merged;
    }

    /// <summary>The patches found for each prototype, nearest first; fewer than k if there were fewer images.</summary>
    /// <param name="map">An elementwise function of the distance maps; null: the distances.</param>
    /// <exception cref="InvalidOperationException">No batch has been added.</exception>
    public IReadOnlyList<IReadOnlyList<NearPatch>> Result(Func<Tensor, Tensor>? map = null)
        => Read(_kept ?? throw new InvalidOperationException("There are no images to search for near patches."), map ?? (distances => distances));

    /// <summary>The numbers of all images that are among the nearest of some prototype so far.</summary>
    public HashSet<int> Images() => _kept is null ? [] : [.. _kept.Attributes[0].cpu().contiguous().data<long>().Select(image => (int)image)];

    /// <inheritdoc/>
    public void Dispose() => _kept?.Dispose();

    /// <summary>The nearest images of one batch: their numbers and cells (P × k), and their maps (P × k × H' × W').</summary>
    private NearestSoFar OfBatch(Tensor distances)
    {
        (long images, long prototypes) = (distances.shape[0], distances.shape[1]);
        (Tensor least, Tensor cell) = distances.flatten(2).min(2);
        (Tensor sorted, Tensor order) = least.t().sort(1, descending: false, stable: true);
        Tensor image = order.narrow(1, 0, Math.Min(nearest, images));
        Tensor own = HeldScalar.Range(0, prototypes, distances.device).unsqueeze(1).expand_as(image);
        return new(
            sorted.narrow(1, 0, image.shape[1]),
            [image.Plus(_images), cell.t().gather(1, image), distances.index(TensorIndex.Tensor(image), TensorIndex.Tensor(own))]);
    }

    private static IReadOnlyList<IReadOnlyList<NearPatch>> Read(NearestSoFar found, Func<Tensor, Tensor> map)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        float[] distances = [.. found.Distances.cpu().contiguous().data<float>()], maps = [.. map(found.Attributes[2]).cpu().contiguous().data<float>()];
        long[] images = [.. found.Attributes[0].cpu().contiguous().data<long>()], cells = [.. found.Attributes[1].cpu().contiguous().data<long>()];
        (int count, int rows, int columns) = (
            (int)found.Distances.shape[1], (int)found.Attributes[2].shape[2], (int)found.Attributes[2].shape[3]);
        return [.. Enumerable.Range(0, (int)found.Distances.shape[0])
            .Select(p => Enumerable.Range(p * count, count).Select(Patch).ToArray())];

        NearPatch Patch(int i)
        {
            float[,] cellsOf = new float[rows, columns];
            Buffer.BlockCopy(maps, i * cellsOf.Length * sizeof(float), cellsOf, 0, cellsOf.Length * sizeof(float));
            return new((int)images[i], (int)(cells[i] / columns), (int)(cells[i] % columns), distances[i], cellsOf);
        }
    }
}
