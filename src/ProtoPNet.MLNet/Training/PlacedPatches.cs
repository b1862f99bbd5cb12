using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>Looks at the patches that prototypes were projected onto.</summary>
internal static class PlacedPatches
{
    /// <summary>
    /// Gives each prototype with the patch at its place, cut out of what <paramref name="map"/> makes of the photograph (N × C × H × W). Patches
    /// (C × h × w) are views, valid within the call. Each photograph is looked at once, so prototypes come in no particular order.
    /// </summary>
    public static void ForEach(TrainingSession session, Func<Tensor, Tensor> map, Action<int, Tensor> use)
    {
        using var mode = no_grad();
        IReadOnlyList<ProjectedPrototype> places = session.Projected;
        ILookup<int, int> byImage = Enumerable.Range(0, places.Count).ToLookup(p => places[p].Image);
        foreach (TrainingBatch batch in session.Whole([.. byImage.Select(g => g.Key)]).InOrder(0, session.Settings.Cancellation))
        {
            using var scope = NewDisposeScope();
            Tensor patches = Patches.Unfold(map(batch.Inputs), session.Network.Architecture);
            for (int n = 0; n < batch.Images.Length; n++)
                foreach (int p in byImage[batch.Images.Span[n]]) use(p, patches[n, places[p].CellRow, places[p].CellColumn]);
        }
    }
}
