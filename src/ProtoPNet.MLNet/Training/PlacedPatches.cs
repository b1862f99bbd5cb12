using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>Visits the patches that prototypes were projected onto.</summary>
internal sealed class PlacedPatches(TrainingContext context, TrainingState state, TrainingViews views)
{
    /// <summary>
    /// Calls <paramref name="use"/> for each prototype with the patch at its place, cut out of the <paramref name="map"/> (N × C × H × W) of what
    /// <paramref name="source"/> has of its photograph. Patches (C × h × w) are views, valid during the call. Each photograph is visited once, so prototypes come in no particular
    /// order.
    /// </summary>
    public void ForEach(Func<int[], IBatchSource> source, Func<Tensor, Tensor> map, Action<int, Tensor> use)
    {
        using var mode = no_grad();
        IReadOnlyList<PlacedPrototype> places = state.Projected;
        ILookup<int, int> byImage = Enumerable.Range(0, places.Count).ToLookup(p => places[p].Image);
        foreach (TrainingBatch batch in source([.. byImage.Select(g => g.Key)]).InOrder(0, context.Cancellation))
        {
            using var scope = NewDisposeScope();
            Tensor patches = Patches.Unfold(map(batch.Inputs), state.Network.Architecture);
            for (int n = 0; n < batch.Images.Length; n++)
                foreach (int p in byImage[batch.Images.Span[n]]) use(p, patches[n, places[p].CellRow, places[p].CellColumn]);
        }
    }

    /// <summary>Looks at the patches as the network is now.</summary>
    public PatchesNow Look()
    {
        ProtoPNetNetwork network = state.Network;
        (var distances, var features) = (new double[state.Projected.Count], new float[state.Projected.Count][]);
        ForEach(views.Whole, images => network.Features.call(images), (p, patch) =>
        {
            features[p] = patch.contiguous().cpu().data<float>().ToArray();
            distances[p] = PatchCheck.Distance(network.PatchesOf(patch.unsqueeze(0))[0], network.PrototypeVectors[p]);
        });
        return new(distances, features);
    }

    /// <summary>Checks the invariant behind all explanations: every prototype is the patch at its place.</summary>
    /// <exception cref="InvalidOperationException">A prototype is not its patch.</exception>
    public void Check(PatchesNow now)
    {
        for (int p = 0; p < now.Distances.Count; p++)
            if (!PatchCheck.IsSame(now.Distances[p]))
                throw new InvalidOperationException(
                    $"Prototype {p} is no longer its patch of '{context.Images[state.Projected[p].Image].Id}': squared distance {now.Distances[p]:G3}. "
                    + "The network changed after the last projection; drifting batch-norm statistics (BatchNormMode.Drift) have this effect.");
    }
}

/// <summary>The patches at the places of prototypes, as the network is now.</summary>
/// <param name="Distances">The squared distance of each prototype to its patch (P).</param>
/// <param name="Features">The backbone's features of each patch (P of Chw).</param>
internal sealed record PatchesNow(IReadOnlyList<double> Distances, IReadOnlyList<float[]> Features);
