using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>How good a model's explanations are, as numbers. Shares are from 0 to 1; null where no part is annotated.</summary>
/// <param name="Images">Images measured on.</param>
/// <param name="Prototypes">The measures of each prototype.</param>
/// <remarks>
/// Boxes of 72 × 72 pixels at an input of 224 × 224, in proportion at other sizes, around the peak of the enlarged similarity map. Sources: Huang et
/// al. 2023, "Evaluation and Improvement of Interpretability for Self-Explainable Part-Prototype Networks" (consistency, stability); Nauta et al. 2023,
/// "PIP-Net" (part purity).
/// </remarks>
public sealed record InterpretabilityReport(int Images, IReadOnlyList<PrototypeTrust> Prototypes)
{
    /// <summary>The share of visible occurrences from which on a prototype counts as pointing at a part.</summary>
    public const double Consistent = 0.8;

    /// <summary>Share of the images that are classified correctly.</summary>
    public required double Accuracy { get; init; }

    /// <summary>
    /// Share of the (image, own-class prototype) pairs whose box holds no annotated part: background, as a rule.
    /// </summary>
    public required double? NoPart { get; init; }

    /// <summary>Mean number of prototypes that make up 80 % of the predicted class's positive evidence, largest contribution first.</summary>
    public required double EvidenceSize { get; init; }

    /// <summary>Mean number of different 32-pixel cells among the peaks of a class's prototypes on an image, divided by their number.</summary>
    public required double DistinctPlaces { get; init; }

    /// <summary>Weights of the last layer that are not zero.</summary>
    public required int NonZeroWeights { get; init; }

    /// <summary>Negative ones among them.</summary>
    public required int NegativeWeights { get; init; }

    /// <summary>Share of prototypes whose box holds the same part in at least 80 % of the images of their class that show it.</summary>
    public double? Consistency => Mean(p => p.BestPart is { } part ? part.Share >= Consistent ? 1 : 0 : null);

    /// <summary>Mean share of images on which the parts in the box stay the same under Gaussian noise.</summary>
    public double? Stability => Mean(p => p.Stability);

    /// <summary>Mean, over prototypes, of the share of their ten nearest images that have the same part in the box.</summary>
    public double? PartPurity => Mean(p => p.PartPurity);

    /// <summary>Mean, over prototypes, of the share of their six nearest images that are of their class.</summary>
    public double? ClassPurity => Mean(p => p.ClassPurity);

    private double? Mean(Func<PrototypeTrust, double?> measure) => Prototypes.Average(measure);
}

/// <summary>How far a prototype can be trusted: what it points at, and how reliably.</summary>
/// <param name="Prototype">The prototype.</param>
/// <param name="OwnImages">Images of its class.</param>
/// <param name="BestPart">The part that it points at most reliably on images of its class; null where no part is annotated.</param>
public sealed record PrototypeTrust(Prototype Prototype, int OwnImages, PartShare? BestPart)
{
    /// <summary>Share of the images of its class on which the parts in its box stay the same under noise; null where no part is annotated.</summary>
    public required double? Stability { get; init; }

    /// <summary>The largest share, over parts, of its ten nearest images with that part in the box; null where no part is annotated.</summary>
    public required double? PartPurity { get; init; }

    /// <summary>Share of its six nearest images that are of its class; null if no class is known.</summary>
    public required double? ClassPurity { get; init; }
}

/// <summary>How often a part lies in the box of a prototype, among the images on which it is visible.</summary>
/// <param name="Part">The part.</param>
/// <param name="InBox">Images with the part in the box.</param>
/// <param name="Visible">Images that show the part.</param>
public sealed record PartShare(string Part, int InBox, int Visible)
{
    /// <summary>The share, from 0 to 1.</summary>
    public double Share => (double)InBox / Visible;

    /// <inheritdoc/>
    public override string ToString() => $"points at the {Part} in {InBox} of {Visible} photographs";
}
