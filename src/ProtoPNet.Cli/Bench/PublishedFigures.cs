namespace ProtoPNet.Cli.Bench;

/// <summary>A share from 0 to 1, or a range of them where several runs were published.</summary>
/// <param name="From">The lowest.</param>
/// <param name="To">The highest.</param>
internal sealed record PublishedShare(double From, double To)
{
    public static implicit operator PublishedShare(double share) => new(share, share);

    public override string ToString() => From == To ? $"{From:P1}" : $"{From:P1} – {To:P1}";
}

/// <summary>A published result on CUB-200-2011 cropped to its boxes. Not measured here.</summary>
/// <param name="Method">The method.</param>
/// <param name="Backbone">The backbone, pretrained on ImageNet.</param>
/// <param name="Source">Where the figures are published.</param>
internal sealed record PublishedFigure(string Method, string Backbone, string Source)
{
    /// <summary>Test accuracy; null if the source does not say.</summary>
    public PublishedShare? Accuracy { get; init; }

    /// <summary>Accuracy of the same backbone without prototypes; null if the source does not say.</summary>
    public PublishedShare? WithoutPrototypes { get; init; }

    /// <summary>Consistency; null if the source does not say.</summary>
    public PublishedShare? Consistency { get; init; }

    /// <summary>Stability; null if the source does not say.</summary>
    public PublishedShare? Stability { get; init; }
}

/// <summary>The published results to compare with.</summary>
internal static class PublishedFigures
{
    private const string Paper = "Chen et al. 2019, table 1", Measures = "measures of Huang et al. 2023";

    public static IReadOnlyList<PublishedFigure> Cub200 { get; } =
    [
        Of("VGG-16", 0.761, 0.746),
        Of("VGG-19", 0.780, 0.751),
        Of("ResNet-34", 0.792, 0.823),
        Of("ResNet-152", 0.780, 0.815),
        Of("DenseNet-121", 0.802, 0.805),
        Of("DenseNet-161", 0.801, 0.822),
        new("ProtoPNet", "several, logits summed", Paper) { Accuracy = 0.848 },
        new("ProtoPNet, public runs", "ResNet-34", Measures) { Consistency = new(0.062, 0.162), Stability = new(0.81, 0.84) },
        new("variant made for consistency", "ResNet-34", Measures) { Consistency = 0.374, Stability = 0.665 },
    ];

    private static PublishedFigure Of(string backbone, double accuracy, double without)
        => new("ProtoPNet", backbone, Paper) { Accuracy = accuracy, WithoutPrototypes = without };
}
