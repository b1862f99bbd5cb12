using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>
/// Projection (paper, section 2.2, stage 2): each prototype becomes the nearest latent patch of its class. One pass over the images for all
/// prototypes, with running minima on the device; the first image wins a tie, as in the published code.
/// </summary>
internal static class Projector
{
    /// <param name="network">The network, in evaluation mode.</param>
    /// <param name="batches">The features of the backbone.</param>
    /// <param name="distinct">Whether the prototypes of a class must take distinct patches.</param>
    public static IReadOnlyList<PlacedPrototype> Run(ProtoPNetNetwork network, IEnumerable<TrainingBatch> batches, bool distinct)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        NetworkArchitecture architecture = network.Architecture;
        int candidates = distinct ? architecture.PrototypeClasses.GroupBy(c => c).Max(g => g.Count()) : 1;
        NearestSoFar? best = null;
        foreach (TrainingBatch batch in batches)
        {
            using var step = NewDisposeScope();
            NearestSoFar found = Search(network, network.LatentOf(batch.Inputs), batch, candidates);
            best = NearestSoFar.Merge(best, found, candidates).Apply(tensor => tensor.MoveToOuterDisposeScope());
        }
        if (best is null) throw new InvalidOperationException("There are no images to project onto.");

        (int Prototype, int Candidate)[] winners = Assign(best, architecture);
        return Move(network, best, winners);
    }

    /// <summary>
    /// The nearest patches of one batch, with their places (image, row, column: P × k × 3), the patches (P × k × D × h × w) and the distance maps of
    /// their images (P × k × H' × W').
    /// </summary>
    private static NearestSoFar Search(ProtoPNetNetwork network, LatentMap latent, TrainingBatch batch, int candidates)
    {
        NetworkArchitecture architecture = network.Architecture;
        Tensor distances = network.Distances(latent);
        (long images, long prototypes, long rows, long columns) = (distances.shape[0], distances.shape[1], distances.shape[2], distances.shape[3]);
        Tensor classes = tensor(architecture.PrototypeClasses.Select(c => (long)c).ToArray(), device: distances.device);
        Tensor foreign = batch.Labels.unsqueeze(1).ne(classes.unsqueeze(0)).reshape(images, prototypes, 1, 1);
        Tensor byPrototype = latent.Outside(distances.Filled(foreign, double.PositiveInfinity), double.PositiveInfinity)
            .transpose(0, 1).reshape(prototypes, -1);

        (Tensor value, Tensor index) = candidates == 1
            ? byPrototype.min(1, keepdim: true)
            : byPrototype.topk((int)Math.Min(candidates, byPrototype.shape[1]), 1, largest: false, sorted: true);

        (Tensor image, Tensor cell) = index.InRowsOf(rows * columns);
        (Tensor row, Tensor column) = cell.InRowsOf(columns);
        Tensor patches = Patches.Unfold(latent.Values, architecture).index(TensorIndex.Tensor(image), TensorIndex.Tensor(row), TensorIndex.Tensor(column));
        Tensor own = HeldScalar.Range(0, prototypes, distances.device).unsqueeze(1).expand_as(image);
        Tensor maps = distances.index(TensorIndex.Tensor(image), TensorIndex.Tensor(own));
        Tensor ids = tensor(batch.Images.ToArray().Select(i => (long)i).ToArray(), device: distances.device)
            .index_select(0, image.reshape(-1)).reshape(image.shape);
        return new(value, [stack([ids, row, column], 2), patches, maps]);
    }

    /// <summary>Assigns a candidate to each prototype: the nearest one, or, for distinct patches, nearest pairs first.</summary>
    private static (int Prototype, int Candidate)[] Assign(NearestSoFar best, NetworkArchitecture architecture)
    {
        float[] distances = [.. best.Distances.cpu().contiguous().data<float>()];
        long[] places = [.. best.Attributes[0].cpu().contiguous().data<long>()];
        int candidates = (int)best.Distances.shape[1];
        var chosen = new int[architecture.Prototypes];
        Array.Fill(chosen, -1);
        var taken = new HashSet<(int Class, long Image, long Row, long Column)>();
        // OrderBy is stable: equal distances keep the order of prototypes.
        foreach (int pair in Enumerable.Range(0, distances.Length).Where(i => float.IsFinite(distances[i])).OrderBy(i => distances[i]))
        {
            (int prototype, int candidate) = (pair / candidates, pair % candidates);
            if (chosen[prototype] >= 0) continue;
            var place = (architecture.PrototypeClasses[prototype], places[3 * pair], places[3 * pair + 1], places[3 * pair + 2]);
            if (candidates > 1 && !taken.Add(place)) continue;
            chosen[prototype] = candidate;
        }
        int lost = Array.IndexOf(chosen, -1);
        if (lost >= 0)
            throw new InvalidOperationException(
                $"Prototype {lost} found no patch in images of its class {architecture.PrototypeClasses[lost]}: "
                + "the class has no images, or fewer patches than prototypes.");
        return [.. chosen.Select((c, p) => (p, c))];
    }

    private static PlacedPrototype[] Move(ProtoPNetNetwork network, NearestSoFar best, (int Prototype, int Candidate)[] winners)
    {
        Tensor prototypes = tensor(winners.Select(w => (long)w.Prototype).ToArray(), device: best.Distances.device);
        Tensor candidates = tensor(winners.Select(w => (long)w.Candidate).ToArray(), device: best.Distances.device);
        Tensor Pick(Tensor of) => of.index(TensorIndex.Tensor(prototypes), TensorIndex.Tensor(candidates)).contiguous();

        Tensor patches = Pick(best.Attributes[1]);
        double[] moved = [.. (patches - network.PrototypeVectors).Squared().sum([1, 2, 3]).to(ScalarType.Float64).cpu().data<double>()];
        Tensor detours = Pick(best.Distances) - best.Distances.select(1, 0).index_select(0, prototypes);
        float[] detour = [.. detours.cpu().data<float>()];
        Tensor maps = network.Similarity(Pick(best.Attributes[2])).cpu();
        long[] places = [.. Pick(best.Attributes[0]).cpu().data<long>()];
        network.PrototypeVectors.copy_(patches);

        var result = new PlacedPrototype[winners.Length];
        for (int p = 0; p < result.Length; p++)
        {
            var map = new float[maps.shape[1], maps.shape[2]];
            Buffer.BlockCopy(maps[p].contiguous().data<float>().ToArray(), 0, map, 0, map.Length * sizeof(float));
            result[p] = new((int)places[3 * p], (int)places[3 * p + 1], (int)places[3 * p + 2], moved[p], map) { Detour = detour[p] };
        }
        return result;
    }
}
