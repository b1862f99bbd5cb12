using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>Measures how familiar the training images look to the prototypes of their class that are patches of other images.</summary>
internal sealed class FamiliarityMeasurement(TrainingContext context, TrainingState state, Evaluation evaluation)
{
    /// <param name="features">The backbone's features of the prototypes' patches (P of Chw).</param>
    /// <returns>Null if no prototype has a place, or no class has those of two images.</returns>
    public UsualFamiliarity? Run(IReadOnlyList<float[]> features)
    {
        if (state.Projected.Count == 0) return null;
        ProtoPNetNetwork network = state.Network;
        using PrototypeFeatures familiar = new(network.Architecture, features, network.PrototypeVectors.device);
        ILookup<int, int> ofClass = network.Architecture.PrototypeClasses.Index().ToLookup(p => p.Item, p => p.Index);
        var found = new List<float>();
        evaluation.ForEachFeatures(evaluation.Whole(context.Images.Training), 0, (map, batch) =>
        {
            Tensor distances = network.Distances(network.LatentOf(map));
            for (int n = 0; n < batch.Images.Length; n++)
            {
                int image = batch.Images.Span[n];
                int[] others = [.. ofClass[context.Images[image].Label].Where(p => state.Projected[p].Image != image)];
                if (others.Length > 0) found.Add(familiar.Mean(map[n], distances[n], others));
            }
        });
        return UsualFamiliarity.Of(found);
    }
}
