using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Training;

/// <summary>Removes the prototypes that images of other classes come nearest to (paper, supplement S8).</summary>
internal static class Pruner
{
    /// <summary>One pass over the training images; returns the prototypes that were removed, by their old index.</summary>
    public static IReadOnlyList<int> Run(TrainingSession session, PruningRule rule)
    {
        ProtoPNetNetwork network = session.Network;
        using NearestPatches nearest = new(rule.Nearest);
        List<int> labels = [];
        Evaluation.ForEachBatch(session, session.Whole(session.Images.Training), 0, (distances, batch) =>
        {
            nearest.Add(distances.unsqueeze(2).unsqueeze(3)); // as maps of one cell
            foreach (int image in batch.Images.Span) labels.Add(session.Images[image].Label);
        });
        int[][] classes = [.. nearest.Result().Select(patches => patches.Select(patch => labels[patch.Image]).ToArray())];
        IReadOnlyList<int> removed = rule.RemovedSparingClasses(classes, network.Architecture.PrototypeClasses);
        if (removed.Count == 0) return removed;

        ProjectedPrototype[] kept = [.. session.Projected.Where((_, p) => !removed.Contains(p))];
        session.Replace(network.Without(removed), kept);
        return removed;
    }
}
