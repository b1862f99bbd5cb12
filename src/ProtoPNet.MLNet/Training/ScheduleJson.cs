using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace ProtoPNet.MLNet.Training;

/// <summary>Schedules as JSON. Omitted members take the defaults of the schedule or phase.</summary>
internal static class ScheduleJson
{
    private const string PhaseKind = "phase";

    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowOutOfOrderMetadataProperties = true,
        TypeInfoResolver = ScheduleJsonContext.Default,
    };

    private static readonly JsonNodeOptions s_nodes = new() { PropertyNameCaseInsensitive = true };

    /// <summary>A phase of each kind, with its defaults.</summary>
    internal static IReadOnlyList<TrainingPhase> Kinds { get; } =
        [new Steadying(0), new WarmUp(0), new Joint(0), new Projection(), new AnchoredTuning(0), new LastLayerFit(), new SteppedLastLayer(), new PrototypePruning(),
            new SteadinessPruning()];

    public static string Write(TrainingSchedule schedule) => JsonSerializer.Serialize(schedule, Info);

    /// <exception cref="JsonException">The text is not a schedule.</exception>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public static TrainingSchedule? Read(string json)
    {
        try
        {
            return Complete(json).Deserialize(Info);
        }
        catch (JsonException fault)
        {
            throw InItsLine(json) ?? fault;
        }
    }

    /// <summary>The fault in the original text, before the defaults were filled in, so that its line number is right.</summary>
    private static JsonException? InItsLine(string json)
    {
        try
        {
            JsonSerializer.Deserialize(json, Info);
            return null;
        }
        catch (JsonException fault)
        {
            return fault;
        }
        catch (ArgumentException)
        {
            return null; // an omitted member that cannot be null
        }
    }

    private static JsonTypeInfo<TrainingSchedule> Info => (JsonTypeInfo<TrainingSchedule>)s_options.GetTypeInfo(typeof(TrainingSchedule));

    /// <summary>Generated readers set omitted members to no value rather than to their defaults, so the defaults are filled in first.</summary>
    private static JsonNode? Complete(string json)
    {
        JsonNode? given = JsonNode.Parse(json, s_nodes);
        if (given is not JsonObject schedule) return given;
        JsonObject defaults = Parsed(new() { Phases = Kinds });
        Dictionary<string, JsonObject> kinds = defaults["phases"]!.AsArray().ToDictionary(kind => (string)kind![PhaseKind]!, kind => kind!.AsObject());
        defaults.Remove("phases"); // these are required
        Fill(schedule, defaults);
        // Those of the augmentation that a schedule has without any, so that to name one member changes no other.
        if (schedule["augmentation"] is JsonObject augmentation) Fill(augmentation, defaults["augmentation"]!.AsObject());
        foreach (JsonObject phase in (schedule["phases"] as JsonArray ?? []).OfType<JsonObject>())
            if (phase[PhaseKind] is JsonValue kind && kind.TryGetValue(out string? name) && kinds.TryGetValue(name, out JsonObject? usual))
                Fill(phase, usual);
        return schedule;
    }

    private static JsonObject Parsed(TrainingSchedule schedule) => JsonNode.Parse(Write(schedule), s_nodes)!.AsObject();

    private static void Fill(JsonObject given, JsonObject defaults)
    {
        foreach ((string name, JsonNode? value) in defaults)
            if (!given.ContainsKey(name)) given[name] = value?.DeepClone();
    }
}

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(TrainingSchedule))]
internal sealed partial class ScheduleJsonContext : JsonSerializerContext;
