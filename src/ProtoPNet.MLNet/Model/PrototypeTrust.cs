using System.Text.Json.Serialization;

namespace ProtoPNet.MLNet.Model;

/// <summary>
/// How far a prototype can be trusted, as measured on photographs. Depends on the network below the last layer alone, so it stays true when other
/// prototypes are removed. Shares are from 0 to 1; those of parts are null where no part is annotated.
/// </summary>
/// <param name="OwnImages">Photographs of its class that it was measured on.</param>
public sealed record PrototypeTrust(int OwnImages)
{
    /// <summary>The part that it points at most reliably on photographs of its class.</summary>
    public PartShare? BestPart { get; init; }

    /// <summary>Share of the photographs of its class on which its box holds no annotated part: background, as a rule.</summary>
    public double? NoPart { get; init; }

    /// <summary>Share of the photographs of its class on which the parts in its box stay the same under noise.</summary>
    public double? Stability { get; init; }

    /// <summary>The largest share, over parts, of its ten nearest photographs with that part in the box.</summary>
    public double? PartPurity { get; init; }

    /// <summary>Share of its six nearest photographs that are of its class; null if no class is known.</summary>
    public double? ClassPurity { get; init; }

    /// <summary>Whether counts and shares are within their ranges.</summary>
    internal bool IsPossible => OwnImages >= 0 && new[] { NoPart, Stability, PartPurity, ClassPurity }.All(share => share is null or (>= 0 and <= 1))
        && (BestPart is null || BestPart.Visible >= 1 && BestPart.InBox >= 0 && BestPart.InBox <= BestPart.Visible);
}

/// <summary>How often a part lies in the box of a prototype, among the photographs on which it is visible.</summary>
/// <param name="Part">The part.</param>
/// <param name="InBox">Photographs with the part in the box.</param>
/// <param name="Visible">Photographs that show the part, at least 1.</param>
public sealed record PartShare(string Part, int InBox, int Visible)
{
    /// <summary>The share, from 0 to 1.</summary>
    [JsonIgnore]
    public double Share => (double)InBox / Visible;

    /// <inheritdoc/>
    public override string ToString() => $"points at the {Part} in {InBox} of {Visible} photographs";
}
