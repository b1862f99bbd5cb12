using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Export;

/// <summary>The metadata of exported files: camel case, without null members.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(PrototypeDescription[]))]
[JsonSerializable(typeof(NetworkArchitecture))]
[JsonSerializable(typeof(SimilarityFunction?))]
[JsonSerializable(typeof(LatentSpace?))]
[JsonSerializable(typeof(bool?))]
[JsonSerializable(typeof(double?))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(float[]))]
[JsonSerializable(typeof(int[]))]
[JsonSerializable(typeof(int?))]
internal sealed partial class MetadataJson : JsonSerializerContext
{
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web)
    {
        RespectNullableAnnotations = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new BackboneNameConverter(), new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
        TypeInfoResolver = new MetadataJson(),
    };

    /// <summary>Architectures name their backbone, whose graph is the file itself.</summary>
    private sealed class BackboneNameConverter : JsonConverter<Backbone>
    {
        public override Backbone Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
            => throw new JsonException("Architectures are not read.");

        public override void Write(Utf8JsonWriter writer, Backbone value, JsonSerializerOptions options)
            => writer.WriteStringValue(value.IsPublished ? JsonNamingPolicy.CamelCase.ConvertName(value.Name) : value.Name);
    }

    /// <summary>Writes one of the types above.</summary>
    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Info<T>());

    /// <summary>Reads one of the types above.</summary>
    /// <exception cref="JsonException">The text does not have this type's form.</exception>
    public static T? Read<T>(string text) => JsonSerializer.Deserialize(text, Info<T>());

    private static JsonTypeInfo<T> Info<T>() => (JsonTypeInfo<T>)s_options.GetTypeInfo(typeof(T));
}
