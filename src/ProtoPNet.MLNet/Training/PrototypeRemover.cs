using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Pruning;

namespace ProtoPNet.MLNet.Training;

/// <summary>Replaces the network by one with fewer prototypes. The others keep their vectors, weights and places.</summary>
internal sealed class PrototypeRemover(TrainingContext context, TrainingState state, Evaluation evaluation)
{
    /// <summary>Removes prototypes by the classes of their nearest training images.</summary>
    public PrototypeRemoval? ByRule(PruningRule rule)
    {
        using NearestPatches nearest = new(rule.Nearest);
        List<int> labels = [];
        evaluation.ForEachBatch(evaluation.Whole(context.Images.Training), 0, (distances, batch) =>
        {
            nearest.Add(distances.unsqueeze(2).unsqueeze(3)); // as maps of one cell
            foreach (int image in batch.Images.Span) labels.Add(context.Images[image].Label);
        });
        int[][] classes = [.. nearest.Result().Select(patches => patches.Select(patch => labels[patch.Image]).ToArray())];
        IReadOnlyList<int> own = state.Network.Architecture.PrototypeClasses, removed = rule.RemovedSparingClasses(classes, own);
        return Remove(removed, [.. rule.Removed(classes, own).Except(removed)]);
    }

    /// <summary>Removes all but the steadiest prototypes of each class.</summary>
    /// <param name="steadiness">How steady each prototype is (P).</param>
    /// <param name="share">The share that a class keeps, rounded up.</param>
    public PrototypeRemoval? LeastSteady(IReadOnlyList<double> steadiness, double share)
    {
        return Remove(
            [.. state.Network.Architecture.PrototypeClasses.Index().GroupBy(p => p.Item, p => p.Index)
                .SelectMany(own => own.OrderByDescending(j => steadiness[j]).Skip(Kept(own.Count()))).Order()],
            []);

        // Of five, 0.6 keeps three, though the product may be a little more.
        int Kept(int all) => (int)Math.Ceiling(Math.Round(share * all, 9));
    }

    /// <summary>Removes the given prototypes; null if there are none.</summary>
    /// <param name="removed">The prototypes.</param>
    /// <param name="spared">Prototypes that stay only because their class would have none left.</param>
    public PrototypeRemoval? Remove(IReadOnlyList<int> removed, IReadOnlyList<int> spared)
    {
        if (removed.Count + spared.Count == 0) return null;
        NetworkArchitecture before = state.Network.Architecture;
        if (removed.Count > 0)
        {
            PlacedPrototype[] kept = [.. state.Projected.Where((_, p) => !removed.Contains(p))];
            state.Replace(state.Network.Without(removed), kept);
        }
        return new(before.Prototypes, removed.Count, [.. spared.Select(j => context.Images.ClassNames[before.PrototypeClasses[j]])]);
    }
}
