using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Training;

/// <summary>The result of a phase.</summary>
/// <param name="Phase">The phase.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="ImagesPerSecond">Views per second of gradient steps; 0 in phases without any.</param>
/// <param name="ValidationAccuracy">
/// Share of held-out images classified correctly after it, from 0 to 1; null if none are held out, or the last layer has been fitted to them.
/// </param>
/// <param name="Epochs">The metrics of its epochs.</param>
/// <param name="LastLayer">Proof of the last layer's optimum; null in other phases.</param>
/// <param name="Path">The penalties that were tried; null in other phases.</param>
public sealed record PhaseReport(
    TrainingPhase Phase, double Seconds, double ImagesPerSecond, double? ValidationAccuracy, IReadOnlyList<EpochMetrics> Epochs,
    LastLayerCertificate? LastLayer, RegularisationPath? Path)
{
    /// <summary>The cost of distinct patches; null if the phase did not require them.</summary>
    public DistinctCost? Distinct { get; init; }

    /// <summary>The number format that the backbone learned in, never <see cref="TrainingPrecision.Automatic"/>; null where it did not learn.</summary>
    public TrainingPrecision? Precision { get; init; }

    /// <summary>How far features with noise are from those without; null in other phases.</summary>
    public SteadyingReport? Steadied { get; init; }

    /// <summary>
    /// The temperature that the last layer's weights were divided by, fitted to the held-out images; null if none was. <see cref="LastLayer"/> is about
    /// the weights before.
    /// </summary>
    public double? Temperature { get; init; }

    /// <summary>The prototypes that left the network; null if the phase removed none.</summary>
    public PrototypeRemoval? Removal { get; init; }
}

/// <summary>The cost of a projection onto distinct patches: how far squared distances exceed those to the nearest patches.</summary>
/// <param name="Displaced">The number of prototypes whose nearest patch went to another prototype of their class.</param>
/// <param name="Mean">The mean excess over all prototypes.</param>
/// <param name="Max">The largest excess.</param>
public sealed record DistinctCost(int Displaced, double Mean, double Max)
{
    internal static DistinctCost Of(IReadOnlyList<PlacedPrototype> projected)
        => new(projected.Count(p => p.Detour > 0), projected.Average(p => p.Detour), projected.Max(p => p.Detour));

    /// <inheritdoc/>
    public override string ToString()
        => $"{Displaced} prototypes lost their nearest patch to another one; squared distances {Mean:G3} greater on average, {Max:G3} at most";
}
