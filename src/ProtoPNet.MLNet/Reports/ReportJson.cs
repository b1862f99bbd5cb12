using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace ProtoPNet.MLNet.Reports;

/// <summary>The numbers of pages as JSON.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(LocalJson))]
[JsonSerializable(typeof(EnsembleJson))]
[JsonSerializable(typeof(GalleryJson))]
internal sealed partial class ReportJson : JsonSerializerContext
{
    /// <summary>Class names stay readable; the JSON is a separate file, never embedded in HTML.</summary>
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = new ReportJson(),
    };

    /// <summary>Writes one of the types above.</summary>
    public static string Write<T>(T figures) => JsonSerializer.Serialize(figures, (JsonTypeInfo<T>)s_options.GetTypeInfo(typeof(T)));
}
