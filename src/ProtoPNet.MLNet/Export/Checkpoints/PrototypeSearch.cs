using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Export.Checkpoints;

/// <summary>Searches photographs for the prototypes' patches, in one pass.</summary>
internal sealed class PrototypeSearch(ProtoPNetNetwork network, int batchSize = 16)
{
    private readonly PlacedPrototype?[] _best = new PlacedPrototype?[network.Architecture.Prototypes];

    /// <summary>The nearest patch of each prototype among all photographs; the first wins a tie. Null only if there are no photographs.</summary>
    public IReadOnlyList<PlacedPrototype?> Run(IReadOnlyList<string> paths, CancellationToken cancellation)
    {
        InputNormalisation normalisation = network.Architecture.Backbone.Normalisation;
        int size = network.Architecture.ImageSize, values = 3 * size * size;
        float[] pixels = new float[batchSize * values];
        for (int start = 0; start < paths.Count; start += batchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = Math.Min(batchSize, paths.Count - start), first = start;
            Parallel.For(0, count, i => NetworkInput.Render(Decode(paths[first + i]), size, normalisation, pixels.AsSpan(i * values, values)));
            Compare(pixels, start, count);
        }
        return _best;
    }

    /// <exception cref="UnreadableImageException">It cannot be read; the message names it.</exception>
    public static RgbImage Decode(string path)
    {
        try
        {
            return PhotographFile.Read(path);
        }
        catch (UnreadableImageException e)
        {
            throw new UnreadableImageException($"The training photograph '{path}' cannot be read: {e.Message}", e);
        }
    }

    private void Compare(float[] pixels, int firstImage, int count)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable mode = inference_mode();
        Tensor features = network.Features.call(InputTensor.On(CPU, pixels, count, network.Architecture.ImageSize));
        LatentMap latent = network.LatentOf(features);
        Tensor distances = network.Distances(latent);
        (long prototypes, long rows, long columns) = (distances.shape[1], distances.shape[2], distances.shape[3]);
        (_, Tensor index) = distances.transpose(0, 1).reshape(prototypes, -1).min(1);
        (Tensor image, Tensor cell) = index.InRowsOf(rows * columns);
        (Tensor row, Tensor column) = cell.InRowsOf(columns);

        // Exact distances: those of the map come from a difference of large numbers.
        Tensor patches = At(latent.Values), seen = At(features).flatten(1);
        double[] exact = [.. (patches - network.PrototypeVectors).Squared().sum([1, 2, 3]).to_type(ScalarType.Float64).data<double>()];
        long[] images = [.. image.data<long>()], cellRows = [.. row.data<long>()], cellColumns = [.. column.data<long>()];
        for (int p = 0; p < _best.Length; p++)
        {
            if (_best[p] is { } best && best.Distance <= exact[p]) continue;
            float[,] map = new float[rows, columns];
            Buffer.BlockCopy(network.Similarity(distances[images[p], p]).contiguous().data<float>().ToArray(), 0, map, 0, map.Length * sizeof(float));
            _best[p] = new(firstImage + (int)images[p], (int)cellRows[p], (int)cellColumns[p], exact[p], map)
            {
                Features = seen[p].contiguous().data<float>().ToArray(),
            };
        }

        Tensor At(Tensor map) => Patches.Unfold(map, network.Architecture)
            .index(TensorIndex.Tensor(image), TensorIndex.Tensor(row), TensorIndex.Tensor(column));
    }
}
