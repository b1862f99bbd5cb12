using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>
/// How good a model's explanations are, as numbers. Shares are from 0 to 1; null is what could not be measured: for want of annotated parts, or
/// because nothing was of the kind.
/// </summary>
/// <param name="Images">Images measured on.</param>
/// <param name="Prototypes">The measures of each prototype.</param>
/// <remarks>
/// Two kinds of box: what takes parts uses 72 × 72 pixels at an input of 224 × 224, in proportion at other sizes, around the peak of the enlarged
/// similarity map; all else uses the box that pages draw (<see cref="ActivationMap.Box"/>). The evidence of a prediction is the fewest prototypes that make
/// up 80 % of the positive points of the predicted class. Sources: Huang et al. 2023, "Evaluation and Improvement of Interpretability for
/// Self-Explainable Part-Prototype Networks" (consistency, stability); Nauta et al. 2023, "PIP-Net" (part purity); Schlinge et al. 2025, "quanproto"
/// (completeness, continuity).
/// </remarks>
public sealed record InterpretabilityReport(int Images, IReadOnlyList<MeasuredPrototype> Prototypes)
{
    /// <summary>The share of visible occurrences from which on a prototype counts as pointing at a part.</summary>
    public const double Consistent = 0.8;

    /// <summary>S, the side of the network's input in pixels, in which boxes are given.</summary>
    public required int ImageSize { get; init; }

    /// <summary>Share of the images that are classified correctly.</summary>
    public required double Accuracy { get; init; }

    /// <summary>Share of the (image, own-class prototype) pairs whose box holds no annotated part: background, as a rule.</summary>
    public required double? NoPart { get; init; }

    /// <summary>Mean number of prototypes in the evidence of a prediction.</summary>
    public required double EvidenceSize { get; init; }

    /// <summary>Mean number of different 32-pixel cells among the peaks of a class's prototypes on an image, divided by their number.</summary>
    public required double DistinctPlaces { get; init; }

    /// <summary>
    /// Mean, over pairs of pieces of evidence of a prediction, of the pixels where both fire among those where either does; a prototype fires where its
    /// map, normalised to its own least and greatest value, is above 0.5. Null if no prediction had two pieces.
    /// </summary>
    public required double? Overlap { get; init; }

    /// <summary>Share of the evidence's boxes inside the object's box; null if no image had one.</summary>
    public required double? OnObject { get; init; }

    /// <summary>How far the similarity falls when the box of the evidence is painted over, and when another of its size is.</summary>
    public required Deletion? Deletion { get; init; }

    /// <summary>The change of the five most similar prototypes under noise (σ 0.05) everywhere outside their boxes: small if the boxes hold all.</summary>
    public required SimilarityChange? Completeness { get; init; }

    /// <summary>The change of the five most similar prototypes when the photograph is 10 % brighter.</summary>
    public required SimilarityChange? Continuity { get; init; }

    /// <summary>Images that <see cref="Deletion"/>, <see cref="Completeness"/> and <see cref="Continuity"/> were measured on.</summary>
    public required int PerturbedImages { get; init; }

    /// <summary>Prototypes that are different patches.</summary>
    public required int DistinctPrototypes { get; init; }

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

    private double? Mean(Func<PrototypeTrust, double?> measure) => Prototypes.Average(p => measure(p.Trust));
}

/// <summary>A prototype and what was measured of it.</summary>
public sealed record MeasuredPrototype(Prototype Prototype, PrototypeTrust Trust);

/// <summary>How to measure.</summary>
public sealed record InterpretabilityOptions
{
    /// <summary>
    /// Deletion, completeness and continuity, which take a dozen passes through the network for each image, are measured on the first image and every
    /// n-th after it; 1: on all.
    /// </summary>
    public int PerturbOneIn { get; init; } = 1;
}
