using ProtoPNet.MLNet.Confidence;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Reports;

/// <summary>One of the models that are compared, measured on the same photographs as the others.</summary>
/// <param name="Name">What it is: ProtoPNet, pooled.</param>
public sealed record ComparedModel(string Name)
{
    /// <summary>The share of photographs classified correctly, from 0 to 1.</summary>
    public required double Accuracy { get; init; }

    /// <summary>The mean cross entropy, in nats.</summary>
    public required double LogLoss { get; init; }

    /// <summary>How far its probabilities can be believed.</summary>
    public required ConfidenceReport Confidence { get; init; }

    /// <summary>The time that training took, in seconds; null if it was trained before.</summary>
    public required double? TrainingSeconds { get; init; }

    /// <summary>Photographs read and scored per second.</summary>
    public required double ImagesPerSecond { get; init; }

    /// <summary>The size of its file.</summary>
    public required long FileBytes { get; init; }

    /// <summary>Whether its explanations hold what decides.</summary>
    public required FaithfulnessReport Faithfulness { get; init; }

    /// <summary>How good its prototypes are; null if it has none.</summary>
    public InterpretabilityReport? Prototypes { get; init; }
}

/// <summary>One photograph as both kinds of model explain it (figure 4 of the paper).</summary>
/// <param name="Name">The photograph's name.</param>
/// <param name="ClassName">Its true class; null if unknown.</param>
/// <param name="Photograph">The photograph.</param>
/// <param name="Attention">Attention to the object: where the classifier without prototypes looks.</param>
/// <param name="Parts">Attention to parts, and what they look like.</param>
public sealed record ComparedPhotograph(
    string Name, string? ClassName, RgbImage Photograph, ClassActivations Attention, LocalExplanation Parts);

/// <summary>A ProtoPNet beside classifiers without prototypes.</summary>
/// <param name="Name">The data set.</param>
/// <param name="Photographs">What they were measured on: 243 test photographs.</param>
/// <param name="Models">The models; the ProtoPNet first.</param>
/// <param name="Shown">Photographs with both kinds of explanation.</param>
public sealed record ComparisonReport(
    string Name, string Photographs, IReadOnlyList<ComparedModel> Models, IReadOnlyList<ComparedPhotograph> Shown);
