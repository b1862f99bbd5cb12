using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Reports;

/// <summary>The explanation of one photograph, for rendering as a page, JSON or pictures.</summary>
public sealed record LocalReport
{
    /// <summary>Creates the report of an explanation.</summary>
    /// <param name="explanation">The explanation.</param>
    /// <param name="photograph">The explained photograph.</param>
    /// <param name="name">The photograph's name, for instance its file name.</param>
    /// <param name="options">The amount of detail.</param>
    public LocalReport(LocalExplanation explanation, RgbImage photograph, string name, LocalReportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(explanation);
        ArgumentNullException.ThrowIfNull(photograph);
        ArgumentNullException.ThrowIfNull(name);
        options ??= new();
        (Explanation, Photograph, Name) = (explanation, photograph, name);
        int[] classes = options.ClassesOf(explanation.Ranking);
        (Evidence, Contrasts) = About(explanation, classes, options);
        MostActivated = explanation.MostActivated(options.MostActivated);
    }

    /// <summary>The same report about other classes, the first of which is compared with the others.</summary>
    internal LocalReport About(IReadOnlyList<int> classes, LocalReportOptions options)
    {
        (IReadOnlyList<ClassEvidence> evidence, IReadOnlyList<Contrast> contrasts) = About(Explanation, classes, options);
        return this with { Evidence = evidence, Contrasts = contrasts };
    }

    private static (IReadOnlyList<ClassEvidence> Evidence, IReadOnlyList<Contrast> Contrasts) About(
        LocalExplanation explanation, IReadOnlyList<int> classes, LocalReportOptions options) => (
        [.. classes.Select(k => explanation.For(k, options.PrototypesPerClass))],
        [.. classes.Skip(1).Select(k => explanation.Compare(classes[0], k, options.PrototypesPerContrast))]);

    /// <summary>The explanation.</summary>
    public LocalExplanation Explanation { get; }

    /// <summary>The photograph.</summary>
    public RgbImage Photograph { get; }

    /// <summary>The photograph's name.</summary>
    public string Name { get; }

    /// <summary>The evidence for the predicted class, for its runners-up, and for the requested classes.</summary>
    public IReadOnlyList<ClassEvidence> Evidence { get; private init; }

    /// <summary>Why the predicted class and not each of the others in <see cref="Evidence"/>.</summary>
    public IReadOnlyList<Contrast> Contrasts { get; private init; }

    /// <summary>The most similar prototypes, regardless of class.</summary>
    public IReadOnlyList<Activation> MostActivated { get; }

    /// <summary>The results of the perturbation check; empty if it was not run.</summary>
    public IReadOnlyList<MaskedActivation> Masked { get; init; } = [];

    /// <summary>The backbone; null if unknown.</summary>
    public Backbone? Backbone { get; init; }

    internal MaskedActivation? MaskedOf(Activation activation) => Masked.FirstOrDefault(check => ReferenceEquals(check.Activation, activation));
}

/// <summary>The amount of detail of a report.</summary>
public sealed record LocalReportOptions
{
    /// <summary>The number of classes to show, the most probable first.</summary>
    public int Classes { get; init; } = 3;

    /// <summary>Other classes to show and compare with the prediction, 0-based.</summary>
    public IReadOnlyList<int> AlsoClasses { get; init; } = [];

    /// <summary>Prototypes to list per class; the others are summed as remaining evidence.</summary>
    public int PrototypesPerClass { get; init; } = 10;

    /// <summary>Prototypes to list in comparisons of two classes.</summary>
    public int PrototypesPerContrast { get; init; } = 6;

    /// <summary>The number of most similar prototypes to list, regardless of class.</summary>
    public int MostActivated { get; init; } = 6;

    /// <summary>The numbers of the classes to show, the most probable first.</summary>
    internal int[] ClassesOf(IReadOnlyList<ClassScore> ranking)
        => [.. ranking.Take(Math.Max(1, Classes)).Select(score => score.Index).Concat(AlsoClasses).Distinct()];
}
