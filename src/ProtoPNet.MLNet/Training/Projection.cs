using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>
/// Projection (paper, section 2.2, stage 2): each prototype becomes the nearest latent patch of its class. One pass over the images; each is compared
/// with the prototypes of its own class only. The first image wins a tie, as in the published code.
/// </summary>
internal static class Projector
{
    /// <param name="network">The network, in evaluation mode.</param>
    /// <param name="batches">The features of the backbone.</param>
    /// <param name="distinct">Whether the prototypes of a class must take distinct patches.</param>
    /// <param name="forbidden">The patches that no prototype may become.</param>
    public static IReadOnlyList<PlacedPrototype> Run(
        ProtoPNetNetwork network, IEnumerable<TrainingBatch> batches, bool distinct, ForbiddenPlaces forbidden)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        Dictionary<int, int[]> prototypes = network.Architecture.PrototypeClasses.Index().GroupBy(p => p.Item, p => p.Index)
            .ToDictionary(own => own.Key, own => own.ToArray());
        Dictionary<int, Tensor> vectors = prototypes.ToDictionary(
            own => own.Key, own => network.PrototypeVectors.index_select(0, Row(own.Value, network)));
        Dictionary<int, NearestSoFar> best = [];
        foreach (TrainingBatch batch in batches)
        {
            using var step = NewDisposeScope();
            LatentMap latent = network.LatentOf(batch.Inputs);
            long[] labels = batch.Labels.cpu().data<long>().ToArray();
            foreach (IGrouping<int, int> rows in Enumerable.Range(0, labels.Length).GroupBy(n => (int)labels[n]))
            {
                if (!prototypes.TryGetValue(rows.Key, out int[]? own)) continue;
                int candidates = distinct ? own.Length : 1;
                long[] images = [.. rows.Select(n => (long)batch.Images.Span[n])];
                NearestSoFar? earlier = best.GetValueOrDefault(rows.Key);
                NearestSoFar found = Search(
                    network, vectors[rows.Key], Part(latent, Row(rows, network)), new(images, candidates, forbidden));
                best[rows.Key] = NearestSoFar.Merge(earlier, found, candidates).Apply(tensor => tensor.MoveToOuterDisposeScope());
                earlier?.Dispose();
            }
        }
        if (best.Count == 0) throw new InvalidOperationException("There are no images to project onto.");

        var placed = new PlacedPrototype[network.Architecture.Prototypes];
        foreach ((int label, int[] own) in prototypes)
        {
            using var step = NewDisposeScope();
            int[] chosen = best.TryGetValue(label, out NearestSoFar? found) ? Assign(found, distinct) : [-1];
            if (Array.IndexOf(chosen, -1) is >= 0 and var lost)
                throw new InvalidOperationException(
                    $"Prototype {own[lost]} found no patch in images of its class {label}: "
                    + "the class has no images, fewer patches than prototypes, or only patches that were forbidden in the earlier model.");
            foreach ((int p, PlacedPrototype place) in own.Zip(Move(network, found!, own, chosen))) placed[p] = place;
        }
        return placed;
    }

    /// <summary>
    /// The nearest patches of some images of a class to its m prototypes, with their places (image, row, column: m × k × 3), the patches
    /// (m × k × D × h × w) and the distance maps of their images (m × k × H' × W').
    /// </summary>
    private static NearestSoFar Search(ProtoPNetNetwork network, Tensor prototypes, LatentMap latent, Searched searched)
    {
        (long[] images, int candidates, ForbiddenPlaces forbidden) = searched;
        Tensor distances = network.Distances(latent, prototypes);                                                    // n × m × H' × W'
        (long count, long rows, long columns) = (distances.shape[1], distances.shape[2], distances.shape[3]);
        Tensor byPrototype = forbidden.Outside(latent.Outside(distances, double.PositiveInfinity), images).transpose(0, 1).reshape(count, -1);

        (Tensor value, Tensor index) = candidates == 1
            ? byPrototype.min(1, keepdim: true)
            : byPrototype.topk((int)Math.Min(candidates, byPrototype.shape[1]), 1, largest: false, sorted: true);

        (Tensor image, Tensor cell) = index.InRowsOf(rows * columns);
        (Tensor row, Tensor column) = cell.InRowsOf(columns);
        Tensor patches = Patches.Unfold(latent.Values, network.Architecture)
            .index(TensorIndex.Tensor(image), TensorIndex.Tensor(row), TensorIndex.Tensor(column));
        Tensor own = HeldScalar.Range(0, count, distances.device).unsqueeze(1).expand_as(image);
        Tensor maps = distances.index(TensorIndex.Tensor(image), TensorIndex.Tensor(own));
        Tensor ids = tensor(images, device: distances.device).index_select(0, image.reshape(-1)).reshape(image.shape);
        return new(value, [stack([ids, row, column], 2), patches, maps]);
    }

    /// <summary>
    /// Chooses a candidate for each prototype of a class: the nearest one, or, for distinct patches, nearest pairs first. −1 if there is none.
    /// </summary>
    private static int[] Assign(NearestSoFar best, bool distinct)
    {
        float[] distances = [.. best.Distances.cpu().contiguous().data<float>()];
        long[] places = [.. best.Attributes[0].cpu().contiguous().data<long>()];
        int candidates = (int)best.Distances.shape[1];
        int[] chosen = new int[best.Distances.shape[0]];
        Array.Fill(chosen, -1);
        var taken = new HashSet<(long Image, long Row, long Column)>();
        // OrderBy is stable: equal distances keep the order of prototypes.
        foreach (int pair in Enumerable.Range(0, distances.Length).Where(i => float.IsFinite(distances[i])).OrderBy(i => distances[i]))
        {
            (int prototype, int candidate) = (pair / candidates, pair % candidates);
            if (chosen[prototype] >= 0) continue;
            if (distinct && !taken.Add((places[3 * pair], places[3 * pair + 1], places[3 * pair + 2]))) continue;
            chosen[prototype] = candidate;
        }
        return chosen;
    }

    /// <summary>Moves the prototypes of a class to the chosen candidates.</summary>
    private static PlacedPrototype[] Move(ProtoPNetNetwork network, NearestSoFar best, int[] own, int[] chosen)
    {
        Tensor prototypes = HeldScalar.Range(0, own.Length, best.Distances.device), candidates = Row(chosen, network), all = Row(own, network);
        Tensor Pick(Tensor of) => of.index(TensorIndex.Tensor(prototypes), TensorIndex.Tensor(candidates)).contiguous();

        Tensor patches = Pick(best.Attributes[1]);
        Tensor shifts = (patches - network.PrototypeVectors.index_select(0, all)).Squared().sum([1, 2, 3]);
        double[] moved = [.. shifts.to(ScalarType.Float64).cpu().data<double>()];
        Tensor detours = Pick(best.Distances) - best.Distances.select(1, 0);
        float[] detour = [.. detours.cpu().data<float>()];
        Tensor maps = network.Similarity(Pick(best.Attributes[2])).cpu();
        long[] places = [.. Pick(best.Attributes[0]).cpu().data<long>()];
        network.PrototypeVectors.index_copy_(0, all, patches);

        var result = new PlacedPrototype[own.Length];
        for (int p = 0; p < result.Length; p++)
        {
            var map = new float[maps.shape[1], maps.shape[2]];
            Buffer.BlockCopy(maps[p].contiguous().data<float>().ToArray(), 0, map, 0, map.Length * sizeof(float));
            result[p] = new((int)places[3 * p], (int)places[3 * p + 1], (int)places[3 * p + 2], moved[p], map) { Detour = detour[p] };
        }
        return result;
    }

    /// <summary>The images of a search, the number of patches wanted, and those not wanted.</summary>
    private sealed record Searched(long[] Images, int Candidates, ForbiddenPlaces Forbidden);

    private static LatentMap Part(LatentMap latent, Tensor rows) => new(latent.Values.index_select(0, rows), latent.OnObject?.index_select(0, rows));

    private static Tensor Row(IEnumerable<int> numbers, ProtoPNetNetwork network)
        => tensor(numbers.Select(n => (long)n).ToArray(), device: network.PrototypeVectors.device);
}
