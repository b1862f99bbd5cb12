using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.LastLayer;

namespace ProtoPNet.MLNet.Training;

/// <summary>Explains what is wrong with the text of a schedule, without .NET terms.</summary>
internal static partial class ScheduleFaults
{
    /// <summary>Translates an exception thrown by the serialiser or by a property.</summary>
    public static string Of(Exception e) => e switch
    {
        JsonException syntax when syntax.InnerException is JsonException || syntax.GetType() != typeof(JsonException)
            => $"line {syntax.LineNumber + 1}, column {syntax.BytePositionInLine + 1}: this is not JSON.",
        JsonException json when json.Message.Contains("type discriminator", StringComparison.Ordinal)
            => $"{Place(json)}: unknown kind. {Kinds(json.Path)}",
        NotSupportedException unnamed => $"'{PathIn(unnamed.Message)}': the kind is missing. {Kinds(PathIn(unnamed.Message))}",
        JsonException json when json.Message.Contains(".NET member", StringComparison.Ordinal) => $"{Place(json)}: unknown entry.",
        JsonException json when Missing().Match(json.Message) is { Success: true } missing
            => $"{(json.Path is "$" or null ? "" : Place(json) + ": ")}{missing.Groups[1].Value} is missing.",
        JsonException json => $"{Place(json)}: this value does not fit here{Words(json.Path)}.",
        ArgumentException { ParamName: { } name } => e.Message.Split(" (Parameter '" + name, 2)[0],
        _ => e.Message,
    };

    private static string Place(JsonException e) => $"line {(e.LineNumber ?? 0) + 1}, '{Short(e.Path)}'";

    private static string Short(string? path) => path is null or "$" ? "the schedule" : path.Replace("$.", "", StringComparison.Ordinal);

    private static string PathIn(string message) => Short(Path().Match(message) is { Success: true } found ? found.Groups[1].Value : null);

    private static string Kinds(string? path)
    {
        Type of = path?.EndsWith("decay", StringComparison.Ordinal) == true ? typeof(RateDecay)
            : path?.EndsWith("choice", StringComparison.Ordinal) == true ? typeof(L1Choice)
            : path?.EndsWith("ownClass", StringComparison.Ordinal) == true ? typeof(OwnClassPenalty)
            : typeof(TrainingPhase);
        string name = of.GetCustomAttributes(false).OfType<JsonPolymorphicAttribute>().Single().TypeDiscriminatorPropertyName!;
        return $"\"{name}\" must be one of "
            + string.Join(", ", of.GetCustomAttributes(false).OfType<JsonDerivedTypeAttribute>().Select(k => $"\"{k.TypeDiscriminator}\"")) + ".";
    }

    /// <summary>What may stand at a place for one of several words; nothing elsewhere.</summary>
    private static string Words(string? path)
    {
        string[] words = path?[(path.LastIndexOf('.') + 1)..].ToLowerInvariant() switch
        {
            "batchnorm" => Enum.GetNames<BatchNormMode>(),
            "precision" => Enum.GetNames<TrainingPrecision>(),
            "prototypestart" => Enum.GetNames<PrototypeStart>(),
            "warps" => Enum.GetNames<WarpMix>(),
            _ => [],
        };
        return words.Length == 0 ? ""
            : $"; it must be one of {string.Join(", ", words.Select(word => $"\"{JsonNamingPolicy.CamelCase.ConvertName(word)}\""))}";
    }

    [GeneratedRegex(@"Path: (\S+) ")]
    private static partial Regex Path();

    [GeneratedRegex(@"missing required properties including: (.*)\.")]
    private static partial Regex Missing();
}
