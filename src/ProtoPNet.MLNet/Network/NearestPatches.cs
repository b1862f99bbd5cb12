using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network;

/// <summary>A patch near a prototype: in which image (counted from the first that was added), at which cell, how far (squared L2).</summary>
/// <param name="Image">The image's number in order of addition.</param>
/// <param name="Row">Row of the map.</param>
/// <param name="Column">Column of the map.</param>
/// <param name="Distance">Squared distance to the prototype.</param>
/// <param name="Map">Of all cells of that image (H' × W') the distance, or what was asked for in its place.</param>
internal sealed record NearPatch(int Image, int Row, int Column, float Distance, float[,] Map);

/// <summary>
/// The nearest images of every prototype, each by its nearest patch, in one pass: batches are added, the k best of each prototype kept.
/// Memory is bounded by P × k maps, whatever the number of images.
/// </summary>
internal sealed class NearestPatches(int nearest) : IDisposable
{
    private Kept? _kept;
    private int _images;

    /// <summary>Takes in the distances N × P × H' × W' of a batch.</summary>
    public void Add(Tensor distances)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Kept merged = Kept.Merge(_kept, distances, _images, nearest);
        _images += (int)distances.shape[0];
        merged.Detach();
        _kept?.Dispose();
        _kept = merged;
    }

    /// <summary>For each prototype the patches found, nearest first; fewer than k where there were fewer images.</summary>
    /// <param name="map">What is wanted of the maps of distances, element by element; null: the distances.</param>
    /// <exception cref="InvalidOperationException">No batch has been added.</exception>
    public IReadOnlyList<IReadOnlyList<NearPatch>> Result(Func<Tensor, Tensor>? map = null)
        => (_kept ?? throw new InvalidOperationException("There are no images to search for near patches.")).Read(map ?? (distances => distances));

    /// <inheritdoc/>
    public void Dispose() => _kept?.Dispose();

    /// <summary>Distances, images and cells (P × k, nearest first), and the maps (P × k × H' × W').</summary>
    private sealed record Kept(Tensor Distances, Tensor Images, Tensor Cells, Tensor Maps) : IDisposable
    {
        public static Kept Merge(Kept? kept, Tensor distances, int firstImage, int nearest)
        {
            (long images, long prototypes) = (distances.shape[0], distances.shape[1]);
            (Tensor least, Tensor cell) = distances.flatten(2).min(2);
            Tensor all = least.t(), cells = cell.t();
            Tensor numbers = HeldScalar.Range(firstImage, firstImage + images, distances.device).expand(prototypes, images);
            if (kept is not null)
                (all, cells, numbers) = (cat([kept.Distances, all], 1), cat([kept.Cells, cells], 1), cat([kept.Images, numbers], 1));

            (Tensor best, Tensor index) = all.topk((int)Math.Min(nearest, all.shape[1]), 1, largest: false, sorted: true);
            long before = kept?.Distances.shape[1] ?? 0;
            Tensor own = HeldScalar.Range(0, prototypes, distances.device).unsqueeze(1).expand_as(index);
            Tensor maps = distances.index(TensorIndex.Tensor(index.Plus(-before).AtLeast(0)), TensorIndex.Tensor(own));
            if (kept is not null)
            {
                Tensor earlier = kept.Maps.index(TensorIndex.Tensor(own), TensorIndex.Tensor(index.AtMost(before - 1)));
                maps = where(index.IsAtLeast(before).unsqueeze(2).unsqueeze(3), maps, earlier);
            }
            return new(best, numbers.gather(1, index), cells.gather(1, index), maps);
        }

        public IReadOnlyList<IReadOnlyList<NearPatch>> Read(Func<Tensor, Tensor> map)
        {
            using DisposeScope scope = NewDisposeScope();
            using IDisposable noGrad = no_grad();
            float[] distances = [.. Distances.cpu().contiguous().data<float>()], maps = [.. map(Maps).cpu().contiguous().data<float>()];
            long[] images = [.. Images.cpu().contiguous().data<long>()], cells = [.. Cells.cpu().contiguous().data<long>()];
            (int count, int rows, int columns) = ((int)Distances.shape[1], (int)Maps.shape[2], (int)Maps.shape[3]);
            NearPatch Patch(int i)
            {
                float[,] cellsOf = new float[rows, columns];
                Buffer.BlockCopy(maps, i * cellsOf.Length * sizeof(float), cellsOf, 0, cellsOf.Length * sizeof(float));
                return new((int)images[i], (int)(cells[i] / columns), (int)(cells[i] % columns), distances[i], cellsOf);
            }
            return [.. Enumerable.Range(0, (int)Distances.shape[0])
                .Select(p => Enumerable.Range(p * count, count).Select(Patch).ToArray())];
        }

        public void Detach()
        {
            foreach (Tensor tensor in new[] { Distances, Images, Cells, Maps }) tensor.DetachFromDisposeScope();
        }

        public void Dispose()
        {
            foreach (Tensor tensor in new[] { Distances, Images, Cells, Maps }) tensor.Dispose();
        }
    }
}
