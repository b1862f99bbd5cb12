using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace ProtoPNet.MLNet.Training.Checkpoints;

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(CheckpointDescription))]
internal sealed partial class CheckpointJson : JsonSerializerContext
{
    private static readonly JsonSerializerOptions s_options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter() },
        TypeInfoResolver = new CheckpointJson(),
    };

    public static string Write(CheckpointDescription description) => JsonSerializer.Serialize(description, Info);

    /// <exception cref="FormatException">It is damaged, or of a format that this version does not read; the message says what is wrong.</exception>
    public static CheckpointDescription Read(string json)
    {
        CheckpointDescription description;
        try
        {
            description = JsonSerializer.Deserialize(json, Info) ?? throw new JsonException("it is null.");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new FormatException($"its description is damaged{(e is JsonException { Path: { } path } ? $" at '{path}'" : "")}.", e);
        }
        description.CheckFormat();
        return description;
    }

    private static JsonTypeInfo<CheckpointDescription> Info => (JsonTypeInfo<CheckpointDescription>)s_options.GetTypeInfo(typeof(CheckpointDescription));
}
