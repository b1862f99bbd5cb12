namespace ProtoPNet.MLNet.Explanations;

/// <summary>What happens to predictions when the share of the pixels that an explanation marks most is painted over.</summary>
/// <param name="Share">The share of the pixels, from 0 to 1.</param>
/// <param name="Changed">The share of predictions that change when these pixels are painted over.</param>
/// <param name="ChangedElsewhere">The same for an area of the same shape at another place: what any loss of so many pixels does.</param>
/// <param name="KeptAlone">The share of predictions that stay when all other pixels are painted over.</param>
public sealed record DeletionPoint(double Share, double Changed, double ChangedElsewhere, double KeptAlone);

/// <summary>
/// Whose explanation holds what decides? The same measures for every kind of model, on the map that its explanation of the predicted class amounts to:
/// a class activation map, or the points of the evidence spread over where each prototype fires. Shares are from 0 to 1.
/// </summary>
/// <param name="Images">Photographs measured on.</param>
/// <param name="Deletion">Deletion and its converse (after Petsiuk et al. 2018, "RISE"), for several shares of the pixels.</param>
public sealed record FaithfulnessReport(int Images, IReadOnlyList<DeletionPoint> Deletion)
{
    /// <summary>
    /// Pointing game (Zhang et al. 2018): the share of photographs on which an annotated part lies within 36 pixels (at an input of 224) of the map's
    /// peak; null if no parts are annotated.
    /// </summary>
    public required double? PointsAtPart { get; init; }

    /// <summary>The share of photographs on which the map's peak lies in the object's box; null if no box is known that is less than the photograph.</summary>
    public required double? PointsAtObject { get; init; }

    /// <summary>The mean share of the photograph that the boxes of the explanation cover.</summary>
    public required double BoxArea { get; init; }
}
