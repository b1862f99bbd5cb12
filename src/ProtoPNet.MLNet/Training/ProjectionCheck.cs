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
        double[] distances = Measure(session);
        for (int p = 0; p < distances.Length; p++)
            if (!(distances[p] <= Tolerance))
                throw new InvalidOperationException(
                    $"Prototype {p} is no longer its patch of '{session.Images[session.Projected[p].Image].Id}': squared distance {distances[p]:G3}. "
                    + "Something moved the network after the last projection; batch-norm statistics that drift do so.");
    }

    /// <summary>Squared distance of each prototype to the patch at its place, both as they are now.</summary>
    public static double[] Measure(TrainingSession session)
    {
        ProtoPNetNetwork network = session.Network;
        var distances = new double[session.Projected.Count];
        PlacedPatches.ForEach(session, network.Latent,
            (p, patch) => distances[p] = (patch - network.PrototypeVectors[p]).Squared().sum().item<float>());
        return distances;
    }
}
