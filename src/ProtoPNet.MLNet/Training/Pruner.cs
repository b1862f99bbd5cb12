using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>Removes the prototypes that images of other classes come nearest to (paper, supplement S8).</summary>
internal static class Pruner
{
    /// <summary>One pass over the training images; returns the prototypes that were removed, by their old index.</summary>
    public static IReadOnlyList<int> Run(TrainingSession session, PruningRule rule)
    {
        ProtoPNetNetwork network = session.Network;
        using Nearest nearest = new(network.Architecture.Prototypes, rule.Nearest);
        Evaluation.ForEachBatch(session, session.Whole(session.Images.Training), 0, (distances, batch) => nearest.Add(distances, batch.Labels));
        IReadOnlyList<int> removed = rule.RemovedSparingClasses(nearest.Classes(), network.Architecture.PrototypeClasses);
        if (removed.Count == 0) return removed;

        ProjectedPrototype[] kept = [.. session.Projected.Where((_, p) => !removed.Contains(p))];
        session.Replace(network.Without(removed), kept);
        return removed;
    }

    /// <summary>The nearest images of every prototype so far: distances and classes (P × k).</summary>
    private sealed class Nearest(int prototypes, int wanted) : IDisposable
    {
        private Tensor? _distances, _classes;

        public void Add(Tensor distances, Tensor labels)
        {
            Tensor near = distances.t(), classes = labels.unsqueeze(0).expand(prototypes, -1);
            Tensor all = _distances is null ? near : cat([_distances, near], 1), allClasses = _classes is null ? classes : cat([_classes, classes], 1);
            (Tensor kept, Tensor index) = all.topk((int)Math.Min(wanted, all.shape[1]), 1, largest: false, sorted: true);
            Tensor keptClasses = allClasses.gather(1, index);
            Dispose();
            (_distances, _classes) = (kept.DetachFromDisposeScope(), keptClasses.DetachFromDisposeScope());
        }

        public int[][] Classes()
        {
            using Tensor flat = _classes!.cpu();
            long[] all = [.. flat.data<long>()];
            int count = all.Length / prototypes;
            return [.. Enumerable.Range(0, prototypes).Select(p => all.Skip(p * count).Take(count).Select(k => (int)k).ToArray())];
        }

        public void Dispose()
        {
            _distances?.Dispose();
            _classes?.Dispose();
        }
    }
}
