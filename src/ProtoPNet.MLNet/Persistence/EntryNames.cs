using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Persistence;

/// <summary>The entries beside ML.NET's own in a model's folder of the zip.</summary>
internal static class EntryNames
{
    public const string Description = "Model.json", Network = "Network.safetensors";

    public static string Picture(int prototype) => $"Prototype{prototype + 1:D5}.png";

    public static string Thumbnail(int prototype) => $"Prototype{prototype + 1:D5}.Context.png";
}
