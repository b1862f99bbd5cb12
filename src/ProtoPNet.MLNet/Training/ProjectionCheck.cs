using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>Measures that every prototype is the latent patch at its recorded place: the promise that an explanation rests on.</summary>
internal static class ProjectionCheck
{
    /// <summary>The largest squared distance that counts as equal; rounding of convolutions stays far below.</summary>
    public const double Tolerance = 1e-6;

    /// <exception cref="InvalidOperationException">A prototype is not its patch.</exception>
    public static void Run(TrainingSession session)
    {
        double[] distances = Measure(session.Network, session.Projected, session.Whole);
        for (int p = 0; p < distances.Length; p++)
            if (!(distances[p] <= Tolerance))
                throw new InvalidOperationException(
                    $"Prototype {p} is no longer its patch of '{session.Images[session.Projected[p].Image].Id}': squared distance {distances[p]:G3}. "
                    + "Something moved the network after the last projection; batch-norm statistics that drift do so.");
    }

    /// <summary>Squared distance of each prototype to the patch at its place, both as they are now.</summary>
    public static double[] Measure(ProtoPNetNetwork network, IReadOnlyList<ProjectedPrototype> places, Func<int[], RenderedBatches> render)
    {
        var distances = new double[places.Count];
        ILookup<int, int> byImage = Enumerable.Range(0, places.Count).ToLookup(p => places[p].Image);
        foreach (TrainingBatch batch in render([.. byImage.Select(g => g.Key)]).InOrder(0, CancellationToken.None))
        {
            using var scope = NewDisposeScope();
            using var mode = no_grad();
            Tensor patches = Patches.Unfold(network.Latent(batch.Inputs), network.Architecture);
            for (int n = 0; n < batch.Images.Length; n++)
                foreach (int p in byImage[batch.Images.Span[n]])
                    distances[p] = (patches[n, places[p].CellRow, places[p].CellColumn] - network.PrototypeVectors[p]).Squared().sum().item<float>();
        }
        return distances;
    }
}
