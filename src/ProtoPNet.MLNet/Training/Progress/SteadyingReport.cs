namespace ProtoPNet.MLNet.Training;

/// <summary>
/// How far the backbone's features of views with noise are from those that it had for them without noise before the phase: the squared distance, relative to
/// their mean square, plus 1 − cosine, mean over cells and views.
/// </summary>
/// <param name="Before">In the first epoch.</param>
/// <param name="After">In the last one.</param>
public sealed record SteadyingReport(double Before, double After)
{
    /// <inheritdoc/>
    public override string ToString() => $"with noise, features are {After:F3} from those of before without, {Before:F3} in the first epoch";
}
