using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using ProtoPNet.MLNet;

namespace ProtoPNet.Cli;

/// <summary>How predictions are written.</summary>
internal enum PredictionFormat
{
    /// <summary>A line for each photograph, for people.</summary>
    Text,

    /// <summary>A row for each photograph and class, after a row of names.</summary>
    Csv,

    /// <summary>A JSON object for each photograph, one a line.</summary>
    Json,
}

/// <summary>Writes predictions as they come.</summary>
internal static class PredictionWriter
{
    private static readonly SearchValues<char> s_quoted = SearchValues.Create(",\"\r\n");

    // Paths and names may be in any script; the output is no HTML.
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Returns the number of predictions written.</summary>
    public static int Write(this TextWriter output, IEnumerable<Prediction> predictions, PredictionFormat format)
    {
        int count = 0;
        if (format == PredictionFormat.Csv) output.Write("image,rank,class,probability,familiarity,answer\n");
        foreach (Prediction prediction in predictions)
        {
            foreach (string line in Lines(prediction, format)) output.Write(line + "\n");
            count++;
        }
        return count;
    }

    private static IEnumerable<string> Lines(Prediction prediction, PredictionFormat format) => format switch
    {
        PredictionFormat.Csv => prediction.Classes.Select((one, i) => string.Create(
            CultureInfo.InvariantCulture,
            $"{Field(prediction.Image)},{i + 1},{Field(one.Class)},{one.Probability:R},{prediction.Familiarity:R},{Field(prediction.Answer ?? "")}")),
        PredictionFormat.Json => [JsonSerializer.Serialize(prediction, s_json)],
        _ => [$"{prediction.Image}: {(prediction.Answer == AbstainingTransformer.Unknown ? $"{prediction.Answer}; most like " : "")}"
            + string.Join(", ", prediction.Classes.Select(one => $"{one.Class} ({one.Probability:P1})"))
            + (prediction.Familiarity is { } familiarity ? $"; familiarity {familiarity:F2}" : "")],
    };

    private static string Field(string text) => text.AsSpan().ContainsAny(s_quoted) ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
