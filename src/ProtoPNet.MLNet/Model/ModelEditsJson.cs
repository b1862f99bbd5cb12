using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace ProtoPNet.MLNet.Model;

/// <summary>Edits as JSON.</summary>
public static partial class ModelEditsJson
{
    private static readonly JsonSerializerOptions s_options = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        MaxDepth = 16,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowOutOfOrderMetadataProperties = true,
        TypeInfoResolver = new Context(),
    };

    /// <summary>The edits as JSON.</summary>
    public static string Write(ModelEdits edits)
    {
        ArgumentNullException.ThrowIfNull(edits);
        return JsonSerializer.Serialize(edits, Info<ModelEdits>()) + "\n";
    }

    /// <summary>Reads what <see cref="Write"/> wrote, or a person.</summary>
    /// <exception cref="FormatException">It is not a list of edits; the message says what is wrong.</exception>
    public static ModelEdits Read(string json)
    {
        ModelEdits edits = Parse<ModelEdits>(json);
        if (edits.Format != ModelEdits.CurrentFormat)
            throw new FormatException($"it is of format {edits.Format}; this version of ProtoPNet.MLNet reads {ModelEdits.CurrentFormat}.");
        return new ModelRevision("", default, edits.Edits).Fault is { } fault ? throw new FormatException(fault) : edits;
    }

    /// <summary>Reads a single edit.</summary>
    /// <exception cref="FormatException">It is none; the message says what is wrong.</exception>
    public static ModelEdit ReadOne(string json)
    {
        ModelEdit edit = Parse<ModelEdit>(json);
        return edit.Fault is { } fault ? throw new FormatException(fault) : edit;
    }

    private static T Parse<T>(string json) where T : class
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            return JsonSerializer.Deserialize(json, Info<T>()) ?? throw new JsonException("it is null.");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new FormatException(e.Message, e);
        }
    }

    private static JsonTypeInfo<T> Info<T>() => (JsonTypeInfo<T>)s_options.GetTypeInfo(typeof(T));

    [JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
    [JsonSerializable(typeof(ModelEdits))]
    private sealed partial class Context : JsonSerializerContext;
}
