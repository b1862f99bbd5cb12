using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Layers;

namespace ProtoPNet.MLNet.Persistence;

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ModelDescription))]
[JsonSerializable(typeof(PooledDescription))]
[JsonSerializable(typeof(EnsembleDescription))]
internal sealed partial class ModelJson : JsonSerializerContext
{
    private static readonly JsonSerializerOptions s_options = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowOutOfOrderMetadataProperties = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new BackboneConverter(), new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false) },
        NewLine = "\n",
        TypeInfoResolver = new ModelJson(),
    };

    /// <summary>Writes the entry <c>Model.json</c>, <c>Pooled.json</c> or <c>Ensemble.json</c>.</summary>
    public static void Write<T>(Stream stream, T description) => JsonSerializer.Serialize(stream, description, Info<T>());

    /// <summary>Reads the entry <c>Model.json</c>.</summary>
    /// <exception cref="FormatException">The entry is damaged or of a later format; the message says what is wrong.</exception>
    public static ModelDescription Read(Stream stream)
    {
        ModelDescription description = Parse<ModelDescription>(stream);
        // The generated reader leaves what is missing at 0, and a model of an earlier version has the paper's ε without saying so.
        if (description.Architecture is { Epsilon: 0 } earlier)
            description = description with { Architecture = earlier with { Epsilon = PrototypeLayer.PublishedEpsilon } };
        description.Check();
        return description;
    }

    /// <summary>Reads the entry <c>Ensemble.json</c>.</summary>
    /// <exception cref="FormatException">The entry is damaged or of a later format; the message says what is wrong.</exception>
    public static EnsembleDescription ReadEnsemble(Stream stream)
    {
        EnsembleDescription description = Parse<EnsembleDescription>(stream);
        description.Check();
        return description;
    }

    /// <summary>Reads the entry <c>Pooled.json</c>.</summary>
    /// <exception cref="FormatException">The entry is damaged or of a later format; the message says what is wrong.</exception>
    public static PooledDescription ReadPooled(Stream stream)
    {
        PooledDescription description = Parse<PooledDescription>(stream);
        description.Check();
        return description;
    }

    private static T Parse<T>(Stream stream)
    {
        try
        {
            return JsonSerializer.Deserialize(stream, Info<T>()) ?? throw new JsonException("it is null.");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new FormatException(e.Message, e);
        }
    }

    private static JsonTypeInfo<T> Info<T>() => (JsonTypeInfo<T>)s_options.GetTypeInfo(typeof(T));
}
