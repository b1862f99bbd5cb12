using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace ProtoPNet.Serve;

/// <summary>What the server says as JSON.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(EffectJson))]
[JsonSerializable(typeof(ModelJson))]
[JsonSerializable(typeof(HealthJson))]
[JsonSerializable(typeof(ErrorJson))]
internal sealed partial class ServeJson : JsonSerializerContext
{
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web) { TypeInfoResolver = new ServeJson() };

    /// <summary>Writes one of the types above.</summary>
    public static string Write<T>(T value) => JsonSerializer.Serialize(value, (JsonTypeInfo<T>)s_options.GetTypeInfo(typeof(T)));
}
