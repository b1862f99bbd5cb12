using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Persistence;

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ModelDescription))]
internal sealed partial class ModelJson : JsonSerializerContext
{
    private static readonly JsonSerializerOptions s_options = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new BackboneConverter(), new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false) },
        NewLine = "\n",
        TypeInfoResolver = new ModelJson(),
    };

    /// <summary>Writes the entry <c>Model.json</c>.</summary>
    public static void Write(Stream stream, ModelDescription description) => JsonSerializer.Serialize(stream, description, Info);

    /// <summary>Reads the entry <c>Model.json</c>.</summary>
    /// <exception cref="FormatException">The entry is damaged or of a later format; the message says what is wrong.</exception>
    public static ModelDescription Read(Stream stream)
    {
        ModelDescription description;
        try
        {
            description = JsonSerializer.Deserialize(stream, Info) ?? throw new JsonException("it is null.");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new FormatException(e.Message, e);
        }
        description.Check();
        return description;
    }

    private static JsonTypeInfo<ModelDescription> Info => (JsonTypeInfo<ModelDescription>)s_options.GetTypeInfo(typeof(ModelDescription));
}
