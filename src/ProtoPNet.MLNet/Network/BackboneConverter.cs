using System.Text.Json;
using System.Text.Json.Serialization;
using ProtoPNet.MLNet.Network.Backbones;

namespace ProtoPNet.MLNet.Network;

/// <summary>A backbone in JSON: the name of one of the seventeen, or the graph of one that was read.</summary>
internal sealed class BackboneConverter : JsonConverter<Backbone>
{
    public override Backbone Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String) return Named(reader.GetString()!);
        using JsonDocument graph = JsonDocument.ParseValue(ref reader);
        try
        {
            return Backbone.Read(GraphJson.Read(graph.RootElement.GetRawText()));
        }
        catch (BackboneGraphException e)
        {
            throw new JsonException(e.Message, e);
        }
    }

    public override void Write(Utf8JsonWriter writer, Backbone value, JsonSerializerOptions options)
    {
        if (value.IsPublished) writer.WriteStringValue(value.Name);
        else writer.WriteRawValue(GraphJson.Write(value.Graph));
    }

    private static Backbone Named(string name)
        => Backbone.Published.FirstOrDefault(b => b.Name == name) ?? throw new JsonException($"There is no backbone '{name}'.");
}
