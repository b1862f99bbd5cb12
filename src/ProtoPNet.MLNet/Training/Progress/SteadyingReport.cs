namespace ProtoPNet.MLNet.Training;

/// <summary>
/// How far noise moves the backbone's features: their squared distance from those without noise, relative to their mean square, plus 1 − cosine, mean
/// over cells and views.
/// </summary>
/// <param name="Before">In the first epoch.</param>
/// <param name="After">In the last one.</param>
public sealed record SteadyingReport(double Before, double After)
{
    /// <inheritdoc/>
    public override string ToString() => $"noise moves features by {After:F3}, {Before:F3} in the first epoch";
}
