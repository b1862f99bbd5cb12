using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ProtoPNet.Cli.Measures;

namespace ProtoPNet.Cli.Bench;

/// <summary>A model of ours, as measured on the test photographs. Shares from 0 to 1; null where it could not be measured.</summary>
/// <param name="Name">Its name, which is that of its folder.</param>
/// <param name="Pretrained">What its weights were pretrained on.</param>
/// <param name="Accuracy">Test accuracy.</param>
/// <param name="Prototypes">Prototypes in the model.</param>
/// <param name="Minutes">Training time, including reading and measuring.</param>
internal sealed record OurModel(string Name, string Pretrained, double? Accuracy, int Prototypes, double Minutes)
{
    /// <summary>The command that trains it.</summary>
    public required string Command { get; init; }

    /// <summary>The share of <see cref="Minutes"/> that the last layer took.</summary>
    public required double LastLayerShare { get; init; }

    public double? Consistency { get; init; }

    public double? Stability { get; init; }

    public double? PartPurity { get; init; }

    public double? NoPart { get; init; }

    public double? ClassPurity { get; init; }

    /// <summary>Prototypes for 80 % of the evidence.</summary>
    public double? EvidenceSize { get; init; }

    public static OurModel Of(BenchModel model, BenchData data, TrainingMetrics metrics) => new(
        model.Name, model.Pretrained, metrics.Accuracy.Final, metrics.Prototypes, metrics.Seconds.Total / 60)
    {
        Command = $"protopnet {string.Join(' ', model.Command(data).Select(Quoted))}",
        LastLayerShare = metrics.Seconds.Total > 0 ? metrics.Seconds.LastLayer / metrics.Seconds.Total : 0,
        Consistency = metrics.Explanations?.Consistency,
        Stability = metrics.Explanations?.Stability,
        PartPurity = metrics.Explanations?.PartPurity,
        NoPart = metrics.Explanations?.NoPart,
        ClassPurity = metrics.Explanations?.ClassPurity,
        EvidenceSize = metrics.Explanations?.EvidenceSize,
    };

    private static string Quoted(string word) => word.Contains(' ') ? $"\"{word}\"" : word;
}

/// <summary>Our models combined.</summary>
/// <param name="Members">Their names.</param>
/// <param name="Accuracy">Test accuracy.</param>
/// <param name="Prototypes">Prototypes of all members.</param>
internal sealed record OurEnsemble(IReadOnlyList<string> Members, double Accuracy, int Prototypes);

/// <summary>The machine of a benchmark.</summary>
internal sealed record Machine(int Cores, string System, string Architecture)
{
    public static Machine This { get; } = new(
        Environment.ProcessorCount, RuntimeInformation.OSDescription, $"{RuntimeInformation.ProcessArchitecture}");

    public override string ToString() => $"{Cores} {(Cores == 1 ? "core" : "cores")}, {System}, {Architecture}";
}

/// <summary>The result of a benchmark: the file <c>bench.json</c>. Ours and published figures are kept apart.</summary>
internal sealed record BenchReport
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public required string Benchmark { get; init; }

    public required int Classes { get; init; }

    public required int TrainImages { get; init; }

    public required int TestImages { get; init; }

    public required int Seed { get; init; }

    public required string Tool { get; init; }

    public required Machine Machine { get; init; }

    /// <summary>What was measured here.</summary>
    public required IReadOnlyList<OurModel> Ours { get; init; }

    /// <summary>All of ours together; null for a single one.</summary>
    public OurEnsemble? Ensemble { get; init; }

    /// <summary>What others have published; nothing of it was measured here.</summary>
    public required IReadOnlyList<PublishedFigure> Published { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";
}
