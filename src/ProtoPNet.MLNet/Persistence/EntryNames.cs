using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Persistence;

/// <summary>The entries in a model's zip folder, in addition to ML.NET's own.</summary>
internal static class EntryNames
{
    public const string Description = "Model.json", Network = "Network.safetensors", Ensemble = "Ensemble.json", Pooled = "Pooled.json",
        PrototypeFeatures = "PrototypeFeatures.safetensors";

    public static string Picture(int prototype) => $"Prototype{prototype + 1:D5}.png";

    public static string Thumbnail(int prototype) => $"Prototype{prototype + 1:D5}.Context.png";
}
