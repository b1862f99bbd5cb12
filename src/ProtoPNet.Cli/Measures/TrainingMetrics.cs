using System.Text.Json;
using System.Text.Json.Serialization;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Training;

namespace ProtoPNet.Cli.Measures;

/// <summary>The file <c>metrics.json</c>: the result of a training run.</summary>
internal sealed record TrainingMetrics
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public required int Classes { get; init; }

    public required int Prototypes { get; init; }

    public required int TrainImages { get; init; }

    public required int TestImages { get; init; }

    /// <summary>Accuracies on the test images, from 0 to 1.</summary>
    public required Stages Accuracy { get; init; }

    public required Times Seconds { get; init; }

    public required Rates ImagesPerSecond { get; init; }

    /// <summary>The number format that the backbone learned in; null if it did not learn from the labels.</summary>
    public TrainingPrecision? Precision { get; init; }

    public required double PeakMemoryMB { get; init; }

    public required Optimum? LastLayer { get; init; }

    /// <summary>How good the explanations are, on the test images if there are any; null where no part is annotated.</summary>
    public ExplanationFigures? Explanations { get; init; }

    /// <summary>After the last joint phase, after the last projection, and at the end; null without a test split, or without such a phase.</summary>
    internal sealed record Stages(double? Joint, double? Projected, double? Final);

    internal sealed record Times(
        double WarmUp, double Joint, double Projection, double AnchoredTuning, double LastLayer, double Total);

    internal sealed record Rates(double Joint);

    internal sealed record Optimum(double Objective, double RelativeGap, int Iterations, int OffClassZeros);

    public static TrainingMetrics Of(ProtoPNetTransformer model, Stages accuracy, (int Train, int Test) images, TimeSpan total)
    {
        TrainingReport report = model.TrainingReport
            ?? throw new ArgumentException("The model was loaded rather than trained, so it has no report.", nameof(model));
        return new()
        {
            Classes = model.ClassNames.Count,
            Prototypes = model.Prototypes.Count,
            TrainImages = images.Train,
            TestImages = images.Test,
            Accuracy = accuracy,
            Seconds = PhaseTimes.Of(report.Phases, total),
            ImagesPerSecond = new(Math.Round(PhaseTimes.JointRate(report.Phases), 1)),
            Precision = report.Phases.LastOrDefault(phase => phase.Precision is not null)?.Precision,
            PeakMemoryMB = PeakMemory.Megabytes(),
            LastLayer = report.Phases.LastOrDefault(p => p.LastLayer is not null)?.LastLayer is { } c
                ? new(c.Objective, c.RelativeGap, c.Iterations, c.OffClassZeros)
                : null,
        };
    }

    /// <exception cref="JsonException">The text is not such a file.</exception>
    public static TrainingMetrics? FromJson(string text) => JsonSerializer.Deserialize<TrainingMetrics>(text, Json);

    public string ToJson() => JsonSerializer.Serialize(this, Json);
}
