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

    /// <summary>How descriptions of checkpoints are read and written.</summary>
    public static JsonTypeInfo<CheckpointDescription> Info => (JsonTypeInfo<CheckpointDescription>)s_options.GetTypeInfo(typeof(CheckpointDescription));
}
