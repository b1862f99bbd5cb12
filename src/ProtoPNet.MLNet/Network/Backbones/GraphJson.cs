using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>Serialises graphs as JSON for model descriptions; equal graphs give equal text.</summary>
internal static class GraphJson
{
    private static readonly JsonSerializerOptions s_options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        MaxDepth = 12,
        TypeInfoResolver = new GraphJsonContext(),
    };

    public static string Write(BackboneGraph graph) => JsonSerializer.Serialize(
        new GraphDescription(graph.Name, graph.Input, graph.ImageSize, graph.Normalisation, [.. graph.Stages], [.. graph.Nodes]), Info);

    /// <summary>Reads a graph written by <see cref="Write"/>, and validates it like any other graph.</summary>
    /// <exception cref="BackboneGraphException">It is not a graph, or is damaged.</exception>
    public static BackboneGraph Read(string json)
    {
        try
        {
            GraphDescription d = JsonSerializer.Deserialize(json, Info) ?? throw new JsonException("There is nothing.");
            if (d.ImageSize is < 1 or > 8192) throw new JsonException("Its input makes no sense.");
            return new(d.Name, d.Input, d.Nodes, d.Stages, d.Normalisation, d.ImageSize);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or OverflowException or ArgumentException)
        {
            throw new BackboneGraphException("graph", $"its description is damaged: {e.Message}", e);
        }
    }

    private static JsonTypeInfo<GraphDescription> Info => (JsonTypeInfo<GraphDescription>)s_options.GetTypeInfo(typeof(GraphDescription));
}

internal sealed record GraphDescription(
    string Name, string Input, int ImageSize, InputNormalisation Normalisation, IReadOnlyList<string> Stages, IReadOnlyList<GraphNode> Nodes);

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(GraphDescription))]
internal sealed partial class GraphJsonContext : JsonSerializerContext;
