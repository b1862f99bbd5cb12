using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Reports;

/// <summary>What is shown of the explanation of one photograph, and how: as a page, as JSON, as pictures.</summary>
public sealed record LocalReport
{
    /// <summary>The predicted class and its runners-up.</summary>
    /// <param name="explanation">The explanation.</param>
    /// <param name="photograph">The photograph that it is of.</param>
    /// <param name="name">What the photograph is called: its file's name, for instance.</param>
    /// <param name="options">How much to show.</param>
    public LocalReport(LocalExplanation explanation, RgbImage photograph, string name, LocalReportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(explanation);
        ArgumentNullException.ThrowIfNull(photograph);
        ArgumentNullException.ThrowIfNull(name);
        options ??= new();
        (Explanation, Photograph, Name) = (explanation, photograph, name);
        int[] classes = [.. explanation.Ranking.Take(Math.Max(1, options.Classes)).Select(score => score.Index)
            .Concat(options.AlsoClasses).Distinct()];
        Evidence = [.. classes.Select(k => explanation.For(k, options.PrototypesPerClass))];
        Contrasts = [.. classes.Skip(1).Select(k => explanation.WhyNot(k, options.PrototypesPerContrast))];
        MostActivated = explanation.MostActivated(options.MostActivated);
    }

    /// <summary>The explanation.</summary>
    public LocalExplanation Explanation { get; }

    /// <summary>The photograph.</summary>
    public RgbImage Photograph { get; }

    /// <summary>What it is called.</summary>
    public string Name { get; }

    /// <summary>The evidence for the predicted class, for its runners-up, and for the classes asked for.</summary>
    public IReadOnlyList<ClassEvidence> Evidence { get; }

    /// <summary>Why the predicted class and not each of the others in <see cref="Evidence"/>.</summary>
    public IReadOnlyList<Contrast> Contrasts { get; }

    /// <summary>The prototypes that the photograph is most like, whatever their class.</summary>
    public IReadOnlyList<Activation> MostActivated { get; }

    /// <summary>The perturbation check of as many activations as it was made for.</summary>
    public IReadOnlyList<MaskedActivation> Masked { get; init; } = [];

    /// <summary>The backbone; null where it is not known.</summary>
    public Backbone? Backbone { get; init; }

    internal MaskedActivation? MaskedOf(Activation activation) => Masked.FirstOrDefault(check => ReferenceEquals(check.Activation, activation));
}

/// <summary>How much of an explanation to show.</summary>
public sealed record LocalReportOptions
{
    /// <summary>The predicted class and its runners-up: so many classes.</summary>
    public int Classes { get; init; } = 3;

    /// <summary>Other classes to show, by number from 0: why not these?</summary>
    public IReadOnlyList<int> AlsoClasses { get; init; } = [];

    /// <summary>Prototypes to list of each class; those beyond count among the remaining ones.</summary>
    public int PrototypesPerClass { get; init; } = 10;

    /// <summary>Prototypes to list where two classes are compared.</summary>
    public int PrototypesPerContrast { get; init; } = 6;

    /// <summary>Prototypes to list whatever their class.</summary>
    public int MostActivated { get; init; } = 6;
}
